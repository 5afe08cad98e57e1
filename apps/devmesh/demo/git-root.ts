import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { MeshError } from '@devmesh/foundation';

/** The top folder of the git repository that a folder lies in. */
export async function gitRoot(folder: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('git', ['-C', folder, 'rev-parse', '--show-toplevel']);
    return stdout.trim();
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') {
      throw new MeshError('unavailable', 'git is not installed: the demo indexes a git repository, so it needs it.', {
        cause: error,
      });
    }
    throw new MeshError('invalid_request', `${folder} is not in a git repository: give one with --repository.`, {
      cause: error,
    });
  }
}
