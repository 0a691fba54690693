/* Whose rights file operations have: the member's own, or those of the workload's thread that was selected. */
#ifndef SWARD_IDENTITY_H
#define SWARD_IDENTITY_H

/* Takes the selected identity on, for this thread, and puts it off again. errno is kept. No-ops when none is selected. */
void sward_identity_enter(void);
void sward_identity_leave(void);

#endif
