/** Redis's configuration: durable by its append-only file, reachable from this machine only. */
export function redisConfiguration({ port, data, log }) {
  return `
port ${port}
bind 127.0.0.1
dir "${data}"
logfile "${log}"
daemonize yes
appendonly yes
appendfsync everysec
save ""
`;
}
