/* Part of `npm run docs`: writes docs/rotation.svg anew. */
import { writeFileSync } from 'node:fs';
import { pictureFile, rotationPicture } from './rotation';

writeFileSync(pictureFile, rotationPicture());
