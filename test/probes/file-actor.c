/* The actor: receives steps on its control channel, finds the command, makes the call, sends the answer. */
#include "file-agent.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void say(struct request *request, const char *format, ...)
{
	va_list arguments;
	size_t room = lineMax - request->length;
	va_start(arguments, format);
	size_t wanted = (size_t)vsnprintf(request->reply + request->length, room, format, arguments);
	va_end(arguments);
	request->length += wanted < room ? wanted : room - 1;
}

void say_text(struct request *request, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)text[i];
		say(request, byte <= ' ' || byte > '~' || byte == '%' ? "%%%02x" : "%c", byte);
	}
}

void say_word(struct request *request, const char *text)
{
	say_text(request, text, strlen(text));
}

void answer(struct request *request, long result)
{
	say(request, "%s", result >= 0 ? "ok" : strerrorname_np(errno));
}

void answer_fd(struct request *request, long fd)
{
	if (fd < 0)
		answer(request, fd);
	else
		say(request, "fd=%ld", fd);
}

void dispatch(struct request *request)
{
	const struct command *tables[] = {
		statusCommands, factCommands, xattrCommands, dataCommands, processCommands, socketCommands,
	};
	if (request->argc == 0 || run_call(request))
		return;
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		for (const struct command *command = tables[i]; command->name; command++)
			if (is_word(request, 0, command->name)) {
				command->run(request, command->option);
				return;
			}
	say(request, "bad step");
}

void serve(int actor)
{
	static char line[lineMax], reply[lineMax];
	for (;;) {
		struct request request = { .actor = actor, .reply = reply };
		if (receive_line(controlBase + actor, line, lineMax) == 0)
			_exit(0);
		request.argc = split_words(line, request.argv);
		dispatch(&request);
		forget_pages();
		if (request.length == 0)
			say(&request, "-");
		send_bytes(controlBase + request.actor, reply, request.length);
		actor = request.actor;
	}
}
