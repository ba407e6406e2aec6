/** Writes docs/cost.md: what calls one grant really makes in local mode, times list prices. */
import { writeFileSync } from 'node:fs';
import { countAll } from '../bench/cost.ts';
import { costPage } from './cost-page.ts';

writeFileSync(new URL('../docs/cost.md', import.meta.url), costPage(await countAll()));
