/* command.h: the commands, one file each. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

/* argv[0] is the command's name. Returns the exit status. */
int command_report(int argc, char **argv);
int command_check(int argc, char **argv);
int command_formats(int argc, char **argv);
int command_audit(int argc, char **argv);
int command_run(int argc, char **argv);
int command_close(int argc, char **argv);
int command_drop(int argc, char **argv);
int command_keys(int argc, char **argv);
int command_reveal(int argc, char **argv);
int command_ledger(int argc, char **argv);

#endif
