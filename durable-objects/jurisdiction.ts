import { InvalidSetting, settings } from "./settings.ts";

/**
 * Returns the objects of a class in the deployment's jurisdiction. The same name is another object in
 * another jurisdiction, so every stub of a Batch or an Owner comes from here.
 *
 * @throws InvalidSetting if the runtime has no such jurisdiction; workerd on its own has none
 */
export function inJurisdiction<T extends Rpc.DurableObjectBranded | undefined>(
  env: Env,
  namespace: DurableObjectNamespace<T>,
): DurableObjectNamespace<T> {
  const { jurisdiction } = settings(env);
  if (jurisdiction === null) return namespace;
  try {
    return namespace.jurisdiction(jurisdiction);
  } catch (error) {
    throw new InvalidSetting(
      `The runtime refuses the JURISDICTION "${jurisdiction}" (${String(error)}); for a local run, add JURISDICTION="" to .dev.vars.`,
    );
  }
}
