import { proveRotation } from './rotation.ts';
console.log(JSON.stringify(await proveRotation()));
