/** Options that would silently do nothing are refused: whoever gives them expects something of them. */
import type { Command } from 'commander';

/** Options that follow `leader` are of the leader that it would run; a command has its own. */
function refuseBeforeCommands(program: Command): void {
  program.hook('preSubcommand', (_, command) => {
    const given = program.options.find(
      (option) => program.getOptionValueSource(option.attributeName()) === 'cli',
    );
    if (given !== undefined) {
      program.error(
        `error: ${given.long} stands before ${command.name()}: the options of a command follow it`,
      );
    }
  });
}

/** An option that only qualifies another. */
function refuseAlone(program: Command, name: string, other: string): void {
  program.hook('preAction', (_, command) => {
    const options = command.opts();
    if (options[name] === undefined || options[other] !== undefined) return;
    const flag = (attribute: string) =>
      command.options.find((option) => option.attributeName() === attribute)!.long;
    program.error(`error: ${flag(name)} means nothing without ${flag(other)}`);
  });
}

export function refuseIgnored(program: Command): void {
  refuseBeforeCommands(program);
  refuseAlone(program, 'httpAllowRemote', 'http');
}
