import { readFile, stat } from 'node:fs/promises';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { RequestListener, ServerOptions } from 'node:http';
import { createSecureContext } from 'node:tls';
import { MeshError, type Logger } from '@devmesh/foundation';

/** Paths of PEM files: the certificate with its chain, and its private key. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
}

/** What a listener that terminates TLS adds to one that does not. */
interface TlsListener {
  readonly server: TlsServer;
  /** Reads the files; throws `invalid_config` where they are no certificate with its key. */
  readonly load: () => Promise<void>;
  /** Looks for renewed files now and then; a broken renewal is logged and the certificate in use kept. */
  readonly follow: () => () => void;
}

const minVersion = 'TLSv1.3';
const handshakeMilliseconds = 10_000;
const lookEveryMilliseconds = 30_000;

/** An HTTPS server for TLS 1.3 and nothing older (RFC 8446). Renewed certificates are taken without a restart. */
export function createTlsListener(
  files: TlsFiles,
  { settings, log, onRequest }: { settings: ServerOptions; log: Logger; onRequest: RequestListener },
): TlsListener {
  const server = createTlsServer({ ...settings, minVersion, handshakeTimeout: handshakeMilliseconds }, onRequest);
  server.on('tlsClientError', (error, socket) => {
    log.debug('a TLS handshake failed', { 'error.type': (error as NodeJS.ErrnoException).code ?? error.name });
    socket.destroy();
  });
  let known = '';
  const load = async (): Promise<void> => {
    const stamp = await stampOf(files);
    if (stamp === known) return;
    const [cert, key] = await Promise.all([readFile(files.certificate), readFile(files.key)]);
    createSecureContext({ cert, key, minVersion });
    server.setSecureContext({ cert, key, minVersion });
    known = stamp;
  };
  return {
    server,
    load: () => load().catch((error: unknown) => Promise.reject(unusable(files, error))),
    follow: () => {
      const timer = setInterval(() => {
        load().catch((error: unknown) => {
          log.error('a renewed certificate cannot be used; the one before stays', unusable(files, error));
        });
      }, lookEveryMilliseconds).unref();
      return () => {
        clearInterval(timer);
      };
    },
  };
}

async function stampOf({ certificate, key }: TlsFiles): Promise<string> {
  const about = await Promise.all([stat(certificate), stat(key)]);
  return about.map(({ mtimeMs, size, ino }) => `${String(mtimeMs)} ${String(size)} ${String(ino)}`).join(' ');
}

function unusable({ certificate, key }: TlsFiles, cause: unknown): MeshError {
  const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown reason';
  return new MeshError(
    'invalid_config',
    `TLS_CERT_FILE ${certificate} and TLS_KEY_FILE ${key} are not a certificate with its key, in PEM (${reason}).`,
    { cause },
  );
}
