/**
 * cdk-nag over everything. What it finds stops the synthesis, unless the place where the resource is made says why it
 * stays: wildcards where permissions are written (`role.ts`), the rest beside the resource.
 */
import { type App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';

export const checkWithNag = (app: App): void => Validations.of(app).addPlugins(new AwsSolutionsChecks(app));

export const acknowledge = (construct: IConstruct, id: string, reason: string): void =>
  void Validations.of(construct).acknowledge({ id, reason });
