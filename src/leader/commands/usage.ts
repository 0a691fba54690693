/** What `leader` makes of words that commander alone would take for too many arguments: `help`, and unknown commands. */
import type { Command } from 'commander';

function refuse(program: Command, word: string): never {
  return program.error(`error: unknown ${word.startsWith('-') ? 'option' : 'command'} '${word}'`);
}

/** The first word that is neither an option nor a command of the program, which itself takes no arguments. */
export function refuseUnknown(program: Command): void {
  program.allowExcessArguments().allowUnknownOption();
  program.hook('preAction', (_, command) => {
    const [word] = command.args;
    if (command === program && word !== undefined) refuse(program, word);
  });
}

export function addHelp(program: Command): void {
  program
    .command('help')
    .description('Tells how the leader, or one of the commands, is used.')
    .argument('[command]', 'the command')
    .action((name: string | undefined) => {
      if (name === undefined) program.help();
      const named = program.commands.find((command) => command.name() === name);
      return named === undefined ? refuse(program, String(name)) : named.help();
    });
}
