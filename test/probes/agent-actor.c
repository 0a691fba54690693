/* The actor: receives steps on its control channel, finds the command, makes the call, sends the answer. */
#include "agent.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int split_words(char *line, char **words)
{
	int count = 0;
	char *rest = NULL;
	for (char *word = strtok_r(line, " ", &rest); word && count < wordsMax; word = strtok_r(NULL, " ", &rest))
		words[count++] = word;
	return count;
}

void send_line(int fd, const char *line)
{
	send_bytes(fd, line, strlen(line));
}

void say(struct request *request, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(request->reply, sizeof request->reply, format, arguments);
	va_end(arguments);
}

void answer(struct request *request, long result)
{
	say(request, "%s", result >= 0 ? "ok" : strerrorname_np(errno));
}

void answer_fd(struct request *request, int fd)
{
	if (fd < 0)
		answer(request, fd);
	else
		say(request, "fd=%d", fd);
}

const char *word(const struct request *request, int index)
{
	return index < request->argc ? request->argv[index] : "";
}

int is_word(const struct request *request, int index, const char *text)
{
	return strcmp(word(request, index), text) == 0;
}

/* Decimal or 0x; "max" and "min" are the ends of off_t, "max-1" is what it says. */
long long number(const struct request *request, int index)
{
	const char *text = word(request, index);
	char *end;
	if (strncmp(text, "max", 3) == 0)
		return INT64_MAX + (text[3] ? strtoll(text + 3, NULL, 10) : 0);
	if (strcmp(text, "min") == 0)
		return INT64_MIN;
	long long value = strtoll(text, &end, 0);
	if (*end || !*text)
		fprintf(stderr, "lock-agent: not a number: '%s' in '%s'\n", text, request->argv[0]);
	return value;
}

static const struct command *find_command(const char *name)
{
	const struct command *tables[] = { lockCommands, fileCommands, processCommands };
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		for (const struct command *command = tables[i]; command->name; command++)
			if (strcmp(command->name, name) == 0)
				return command;
	return NULL;
}

void serve(int actor, int thread)
{
	char line[lineMax];
	/* The channel is looked up anew each time: after `fork`, the child serves another actor. */
	for (;;) {
		struct request request = { .actor = actor, .thread = thread };
		if (receive_line(control_fd(actor, thread), line, sizeof line) == 0)
			_exit(0);
		request.argc = split_words(line, request.argv);
		const struct command *command = request.argc ? find_command(request.argv[0]) : NULL;
		if (command)
			command->run(&request, command->option);
		else
			say(&request, "bad step");
		if (!request.silent)
			send_line(control_fd(actor, thread), request.reply);
	}
}
