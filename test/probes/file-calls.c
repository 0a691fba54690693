/* The raw system calls: `i` is a number, `p` a pointer to text, and what they answer. */
#include "file-agent.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

static const struct {
	const char *name;
	long number;
	const char *arguments;
	void (*answer)(struct request *request, long result);
} calls[] = {
	{ "open", SYS_open, "pii", answer_fd },
	{ "openat", SYS_openat, "ipii", answer_fd },
	{ "creat", SYS_creat, "pi", answer_fd },
	{ "access", SYS_access, "pi", answer },
	{ "faccessat", SYS_faccessat, "ipi", answer },
	{ "faccessat2", SYS_faccessat2, "ipii", answer },
	{ "rename", SYS_rename, "pp", answer },
	{ "renameat", SYS_renameat, "ipip", answer },
	{ "renameat2", SYS_renameat2, "ipipi", answer },
	{ "link", SYS_link, "pp", answer },
	{ "linkat", SYS_linkat, "ipipi", answer },
	{ "symlink", SYS_symlink, "pp", answer },
	{ "symlinkat", SYS_symlinkat, "pip", answer },
	{ "unlink", SYS_unlink, "p", answer },
	{ "unlinkat", SYS_unlinkat, "ipi", answer },
	{ "rmdir", SYS_rmdir, "p", answer },
	{ "mkdir", SYS_mkdir, "pi", answer },
	{ "mkdirat", SYS_mkdirat, "ipi", answer },
	{ "mknod", SYS_mknod, "pii", answer },
	{ "mknodat", SYS_mknodat, "ipii", answer },
	{ "chmod", SYS_chmod, "pi", answer },
	{ "fchmod", SYS_fchmod, "ii", answer },
	{ "fchmodat", SYS_fchmodat, "ipi", answer },
	{ "fchmodat2", SYS_fchmodat2, "ipii", answer },
	{ "chown", SYS_chown, "pii", answer },
	{ "lchown", SYS_lchown, "pii", answer },
	{ "fchown", SYS_fchown, "iii", answer },
	{ "fchownat", SYS_fchownat, "ipiii", answer },
	{ "truncate", SYS_truncate, "pi", answer },
	{ "ftruncate", SYS_ftruncate, "ii", answer },
	{ "fallocate", SYS_fallocate, "iiii", answer },
	{ "chdir", SYS_chdir, "p", answer },
	{ "fchdir", SYS_fchdir, "i", answer },
	{ "chroot", SYS_chroot, "p", answer },
	{ "mount", SYS_mount, "pppip", answer },
	{ "umount2", SYS_umount2, "pi", answer },
	{ "close", SYS_close, "i", answer },
	{ "dup", SYS_dup, "i", answer_fd },
	{ "dup2", SYS_dup2, "ii", answer_fd },
	{ "dup3", SYS_dup3, "iii", answer_fd },
	{ "fsync", SYS_fsync, "i", answer },
	{ "fdatasync", SYS_fdatasync, "i", answer },
	{ "inotify_init1", SYS_inotify_init1, "i", answer_fd },
	{ "inotify_add_watch", SYS_inotify_add_watch, "ipi", answer_fd },
	{ "inotify_rm_watch", SYS_inotify_rm_watch, "ii", answer },
	{ "open_tree", SYS_open_tree, "ipi", answer_fd },
	{ "setfsuid", SYS_setfsuid, "i", answer },
	{ "setfsgid", SYS_setfsgid, "i", answer },
};

/* openat2 DIRFD PATH FLAGS MODE RESOLVE [SIZE]: a size above that of open_how has zeros behind it. */
static void do_openat2(struct request *request)
{
	char how[256] = { 0 };
	struct open_how fields = {
		.flags = (unsigned)number(request, 3),
		.mode = (unsigned)number(request, 4),
		.resolve = (unsigned)number(request, 5),
	};
	memcpy(how, &fields, sizeof fields);
	size_t size = request->argc > 6 ? (size_t)number(request, 6) : sizeof fields;
	answer_fd(request, syscall(SYS_openat2, number(request, 1), pointer(request, 2), how, size));
}

int run_call(struct request *request)
{
	if (is_word(request, 0, "openat2")) {
		do_openat2(request);
		return 1;
	}
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		if (!is_word(request, 0, calls[i].name))
			continue;
		long arguments[6] = { 0 };
		for (int j = 0; calls[i].arguments[j]; j++)
			arguments[j] = calls[i].arguments[j] == 'p' ? (long)pointer(request, j + 1) : number(request, j + 1);
		calls[i].answer(request, syscall(calls[i].number, arguments[0], arguments[1], arguments[2], arguments[3],
						 arguments[4]));
		return 1;
	}
	return 0;
}
