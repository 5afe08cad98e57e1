/** The partition that keeps a tenant's entries: the same in every process, for the same number of partitions. */
export function partitionOf(tenantId: string, partitions: number): number {
  if (partitions === 1) return 0;
  let hash = 0x81_1c_9d_c5;
  for (let at = 0; at < tenantId.length; at += 1) {
    hash = Math.imul(hash ^ tenantId.charCodeAt(at), 0x01_00_01_93) >>> 0;
  }
  return hash % partitions;
}

/**
 * What begins every key of one partition of a topic. The part in braces is the hash tag, so a Cluster keeps them all in
 * one slot. After it stand:
 * - `groups` (set): the groups that read the topic
 * - `counts` (hash): `entries`, `waiting:<group>`, `released:<group>`, and the clocks `time`, `serial`, `turn`
 * - `tenants` (sorted set): tenants that have entries, by the turn in which `trim` looked at them
 * - `entries:<tenant>` (stream): the entries of one tenant, with the consumer groups; deleted when it is empty
 * - `ready:<group>` (sorted set): tenants that may have unread entries, by turn
 * - `held:<group>:<deliveries>` (sorted set): `<id> <tenant>` of held entries by the time of delivery; from the 24th on in one
 */
export function partitionKey(prefix: string, topic: string, partition: number): string {
  const name = topic.replaceAll(/[%{}]/gu, encodeURIComponent);
  return `${prefix}stream:{${name}:${String(partition)}}:`;
}

/** The key by which a partition is addressed. */
export function groupsKey(base: string): string {
  return `${base}groups`;
}

/** The one stream of a topic that earlier versions kept; what it held is rung for again. */
export function formerKey(prefix: string, topic: string): string {
  return `${prefix}stream:${topic}`;
}
