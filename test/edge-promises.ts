/** The promises of the gateway. */
export const edgePromises = {
  'edge.authenticated': 'Nobody connects without a valid key, and a session acts as its own principal.',
  'edge.zero-infrastructure': 'The gateway knows the platform only by its API.',
  'edge.truthful-list': 'A tool or resource is listed only where it works.',
  'edge.names': 'Names are those that each transport can carry, and both forms are accepted.',
  'edge.modes': 'The kind of a client is seen and shown, and changes how things are shown only.',
  'edge.catalogue-pushed': 'Lists are given from memory for as long as the feed tells of no change, and no longer.',
  'edge.platform-down': 'With the platform down the gateway answers, says so, and recovers alone.',
  'edge.sessions': 'The open sessions of all gateways are in one list; those of a killed gateway leave it.',
  'edge.sessions-revoke': 'A revoked session ends on whichever gateway holds it, and no other does.',
  'edge.sessions-away': 'With the platform down sessions go on, and are in the list again when it is back.',
  'edge.oauth': 'The official client gets from the address of an endpoint to its tools by OAuth, and stays there.',
  'edge.oauth-optional': 'An endpoint says how to get a token where the operator offers OAuth there, and else nothing.',
  'edge.oauth-mix-up': 'Every answer of the authorization server says whose it is.',
  'edge.oauth-consent': 'A person consents on a page that nobody frames, scripts or answers for them.',
  'edge.oauth-codes':
    'A code gives tokens once, to its client, with its verifier; one that comes again ends what it gave.',
  'edge.oauth-grants': 'What a person consented to can be listed, and taken back with every token at once.',
  'edge.oauth-registration': 'Clients register without leaving anything behind, and not without bound.',
  'edge.audience': 'An access token opens the endpoint that it was issued for and no other.',
  'edge.step-up': 'A client whose token lacks a scope is told which.',
  'edge.pass-through':
    "A person's own upstream token reaches the calls of its service in its session, and nothing else.",
  'edge.untrusted': 'Results of services are marked as content of others, and those of the platform are not.',
  'edge.fuzzed': 'Malformed messages and broken connections stop nothing and cost nobody else anything.',
  'edge.batch':
    'Independent calls run side by side, each as if alone, and one that fails changes nothing about the others.',
  'edge.commands-jailed': 'Command execution is opt-in and no known escape works.',
} as const;
