export { checkFormats } from './openapi/schema/formats.ts';
export { createMockserver, demoToken, type Mockserver } from './mockserver.ts';
export { mockS3Bucket, mockS3Key } from './s3/routes.ts';
export { mockSecretsManagerKey } from './secretsmanager/routes.ts';
export { githubPush, signGitHub, type GitHubPushCommit } from './webhooks/github.ts';
export { composeWebhook } from './webhooks/compose.ts';
export type { SenderName } from './webhooks/senders.ts';
export { generateValue } from './openapi/generate/generate-value.ts';
