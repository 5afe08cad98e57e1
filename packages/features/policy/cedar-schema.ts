/** What policies can speak about: who acts, on what, with which arguments. Policies are checked against it when they are saved. */
export const cedarSchema = `// Who acts. A person who signed in is a User; a key is a Key, or the Agent that it belongs to.
entity Role enum ["owner", "admin", "developer", "auditor", "operator"];
entity KeyType enum ["admin", "gateway", "agent", "user"];
entity User in [Role];
entity Key in [KeyType, User, Role];
entity Agent in [KeyType, User, Role];

// What is called: a tool of an imported service, or an operation of the platform itself.
entity Effect enum ["read", "write", "destructive"];
entity Service;
entity Tag;
entity Tool in [Service, Tag, Effect] { name: String, method: String, host: String };
entity Feature;
entity Operation in [Feature, Effect] { name: String, method: String };

// The arguments of a call by their path, e.g. "branch", "labels.0" or "head.ref"; a dot in a name is written "\\\\.".
// Every text, number and boolean is in "arguments" as text; whole numbers are in "numbers" besides, and lists of texts in "lists".
entity Arguments tags String;
entity Numbers tags Long;
entity Lists tags Set<String>;

action call appliesTo {
  principal: [User, Key, Agent],
  resource: [Tool, Operation],
  context: { arguments: Arguments, numbers: Numbers, lists: Lists, flags: Set<String> }
};
`;

/** Policies to begin with. */
export const examplePolicies = `@id("everybody")
permit(principal, action == Action::"call", resource);

@id("agents-destroy-nothing")
forbid(principal is Agent, action == Action::"call", resource in Effect::"destructive");

@id("main-is-protected")
forbid(principal, action == Action::"call", resource in Service::"github")
when { context.arguments.hasTag("branch") && context.arguments.getTag("branch") == "main" }
unless { principal in Role::"owner" };
`;
