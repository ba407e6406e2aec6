/** What the doctor answers. */
import * as z from 'zod/mini';

export const DIAGNOSIS_LEVELS = ['ok', 'warn', 'fail'] as const;

export const DiagnosisView = z.object({
  check: z.string(),
  subject: z.string(),
  level: z.enum(DIAGNOSIS_LEVELS),
  detail: z.string(),
  advice: z.optional(z.string()),
});

export const Examination = z.object({ findings: z.array(DiagnosisView) });
export type Examination = z.infer<typeof Examination>;
