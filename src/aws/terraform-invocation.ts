/**
 * What Terraform's `aws_lambda_invocation` with `lifecycle_scope = "CRUD"` sends: `{ tf: { action } }`. A function that
 * fails when its resource is destroyed stops the destruction before anything else is destroyed.
 * https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/lambda_invocation
 */
export async function destroyedByTerraform(tf: unknown, judge: () => Promise<string | undefined>): Promise<object> {
  const { action } = tf as { readonly action?: unknown };
  const refusal = action === 'delete' ? await judge() : undefined;
  if (refusal !== undefined) throw new Error(refusal);
  return {};
}
