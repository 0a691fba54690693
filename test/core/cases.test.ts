/** Runs the tables of cases against the core. */
import { expect } from 'chai';
import { recordCases } from './record-cases.js';
import { type Case, cycle, World } from './table.js';
import { waitingCases } from './waiting-cases.js';

const tables: Record<string, readonly Case[]> = {
  'record and OFD locks': recordCases,
  'waiting, deadlocks and flock': waitingCases,
};

for (const [title, cases] of Object.entries(tables)) {
  describe(`lock core: ${title}`, () => {
    for (const { name, before = '', call, after, granted = '', deadlocks = '' } of cases) {
      it(name, () => {
        const world = new World();
        world.prepare(before);
        for (const text of typeof call === 'string' ? [call] : call) {
          const { got, expected } = world.run(text);
          expect(got, text).to.equal(expected);
        }
        expect(world.state()).to.equal(after);
        expect(world.granted.join(' '), 'granted').to.equal(granted);
        expect(world.reports.join(' '), 'deadlocks reported').to.equal(deadlocks);
        const current = world.core.deadlocks().map(cycle).join(' ');
        expect(current, 'deadlocks that exist').to.equal(deadlocks.split(' ')[0]);
        world.finish();
        expect(world.state(), 'left behind').to.equal('');
        expect(world.core.deadlocks()).to.deep.equal([]);
      });
    }
  });
}
