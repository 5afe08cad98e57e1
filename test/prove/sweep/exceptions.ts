/** Operations of which a part of the sweep is left out, each with its reason. */
type Reasons = Readonly<Record<string, string>>;

/** Fields of a path or body that are no id of a thing. */
export const noIds: Reasons = {
  'limits.set subject': 'the name of what is limited, chosen by the organization; it finds only its own limits',
  'limits.delete subject': 'the name of what is limited, chosen by the organization; it finds only its own limits',
  'flags.set flag': 'the name of a flag, chosen by the organization; it finds only its own flags',
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
  'audit.getArguments entryId': 'arguments are kept only where an organization turned that on, and then of tool calls',
};

/** Operations that answer differently for a thing of somebody else and for nothing, and why that tells no more than is public. */
export const tellsApart: Reasons = {
  'webhooks.receive':
    'the address of a source is public; a sender is told that its signature is wrong, and learns no more than that',
};
