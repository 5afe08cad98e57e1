/** Operations of which a part of the sweep is left out, each with its reason. */
type Reasons = Readonly<Record<string, string>>;

const ownPrompts = 'the name of a prompt, chosen by the organization; it finds only its own prompts';

/** Fields of a path or body that are no id of a thing. */
export const noIds: Reasons = {
  'limits.set subject': 'the name of what is limited, chosen by the organization; it finds only its own limits',
  'limits.delete subject': 'the name of what is limited, chosen by the organization; it finds only its own limits',
  'flags.set flag': 'the name of a flag, chosen by the organization; it finds only its own flags',
  'toolSets.get name': 'the name of a set, chosen by the organization; it finds only its own sets',
  'toolSets.put name': 'the name of a set, chosen by the organization; it finds only its own sets',
  'toolSets.delete name': 'the name of a set, chosen by the organization; it finds only its own sets',
  'prompts.get name': ownPrompts,
  'prompts.put name': ownPrompts,
  'prompts.delete name': ownPrompts,
  'prompts.versions name': ownPrompts,
  'prompts.activate name': ownPrompts,
  'prompts.render name': ownPrompts,
  'prompts.complete name': ownPrompts,
  'upstreams.getPrompt name':
    'the name that a server of the organization gave; it finds only prompts of its own servers',
  'upstreams.answer callId': 'a call that waits is in no table; it is found under the tenant and the key of its caller',
  'packs.get pack': 'the name of a pack, which is the same for everybody',
  'packs.install pack': 'the name of a pack, which is the same for everybody',
  'flags.remove flag': 'the name of a flag, chosen by the organization; it finds only its own flags',
};

/** Operations that end the caller, which would end the sweep. */
export const endsCaller: Reasons = {};

/** Operations that without a valid body, which a sweep cannot make, answer as wrong before they look at any id. */
export const neverValid: Reasons = {};

/** Operations where A's own id is not found for A either, with the generated request. */
export const notReached: Reasons = {
  'tools.readResult resultId': 'a result is read by its caller alone, and nobody called for the row that was put there',
  'tools.override toolId': 'a service and one of its operations belong together, which generated requests do not know',
  'tools.override operation':
    'a service and one of its operations belong together, which generated requests do not know',
  'audit.getArguments entryId': 'arguments are kept only where an organization turned that on, and then of tool calls',
};

/** Operations that answer differently for a thing of somebody else and for nothing, and why that tells no more than is public. */
export const tellsApart: Reasons = {
  'webhooks.receive':
    'the address of a source is public; a sender is told that its signature is wrong, and learns no more than that',
};
