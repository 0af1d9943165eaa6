import { z } from 'zod/mini';
import { lenient } from '@/lib/lenient';
import { ranges } from '@/lib/time';

export const attackSearch = z.object({ range: lenient(z.enum(ranges)) });
