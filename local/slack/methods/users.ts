/** users.* and auth.test: who is who. */
import { type Method, needScope, page, required } from '../method.ts';
import { userObject } from '../objects.ts';
import { TIERS } from '../rate-limits.ts';
import { SlackError } from '../web-api-error.ts';
import { BOT_USER } from '../workspace.ts';

const READ = { json: false, write: false } as const;

export const info: Method = {
  ...READ,
  scopes: ['users:read'],
  tier: TIERS.tier4,
  run(args, context) {
    const user = context.store.users.get(required(args, 'user'));
    if (!user) throw new SlackError('user_not_found');
    return { user: userObject(user, context) };
  },
};

/** Finds nobody who has left, no bots, and nobody of another organisation. */
export const lookupByEmail: Method = {
  ...READ,
  scopes: ['users:read.email'],
  tier: TIERS.tier3,
  run(args, context) {
    needScope(context, 'users:read.email');
    const wanted = required(args, 'email').toLowerCase();
    const user = context.store.users
      .list()
      .map(({ value }) => value)
      .find((one) => one.email.toLowerCase() === wanted && one.teamId === context.team.id && !one.deleted);
    if (!user || user.membership === 'bot') throw new SlackError('users_not_found');
    return { user: userObject(user, context) };
  },
};

export const list: Method = {
  ...READ,
  scopes: ['users:read'],
  tier: TIERS.tier2,
  run(args, context) {
    const { items, next } = page(
      args,
      context.store.users.list().map(({ value }) => value),
    );
    return { members: items.map((user) => userObject(user, context)), response_metadata: { next_cursor: next } };
  },
};

export const authTest: Method = {
  scopes: [],
  json: true,
  write: false,
  tier: TIERS.hundreds,
  run: (_args, { app, team, url }) => ({
    url,
    team: team.name,
    user: app.name.toLowerCase(),
    team_id: team.id,
    user_id: BOT_USER,
    bot_id: app.botId,
    is_enterprise_install: false,
  }),
};

export const teamInfo: Method = {
  ...READ,
  scopes: ['team:read'],
  tier: TIERS.tier3,
  run: (_args, { team }) => ({
    team: { id: team.id, name: team.name, domain: team.domain, email_domain: 'example.com' },
  }),
};
