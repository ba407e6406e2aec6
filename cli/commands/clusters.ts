/** `hallpass clusters`. */
import { Failure } from '../failure.ts';
import { type Commands, print, say } from '../session.ts';
import { clusterDetails, clusterTable } from '../views/cluster.ts';

export const addClustersCommand: Commands = (program, sessionOf) => {
  program
    .command('clusters')
    .description('which clusters there are, what you may request there, and the entries that the hourly inventory saw')
    .argument('[cluster]', 'only this one, in full')
    .action(async (name: string | undefined, _options, command) => {
      const session = sessionOf(command);
      const answer = await (await session.api())('listClusters', 200, {});
      const { clusters } = answer.value;
      if (name === undefined) {
        print(session, answer, () => clusterTable(clusters));
        if (clusters.length === 0) say(session, 'There is no cluster on which you may request anything.');
        return;
      }
      const found = clusters.find((one) => one.name === name);
      if (!found)
        throw new Failure(
          'usage',
          `There is no cluster "${name}" that you may see; there are: ${clusters.map((one) => one.name).join(', ') || 'none'}.`,
        );
      print(session, { value: found, json: found }, clusterDetails);
    });
};
