import { api, bodyOf } from '@/api/client';
import type { ReportDelivery } from '@/api/types';
import { saveBlob } from '@/lib/download';
import { notifyFailure } from '@/ui/notify';

export const formats = ['html', 'pdf', 'csv', 'json'] as const;

/** Named for the report and the day; what a file's name cannot have is left out. */
export const fileName = ({ report_name, made }: Pick<ReportDelivery, 'report_name' | 'made'>, format: string): string =>
  `${report_name.replaceAll(/[\\/:*?"<>|\p{Cc}]+/gu, ' ').trim() || 'report'} ${made.slice(0, 10)}.${format}`;

/** Fetched before it is saved: a PDF that cannot be made is told, not saved. The bytes are those that were sent, so that their hash can be compared. */
export async function saveDelivery(delivery: ReportDelivery, format: (typeof formats)[number]): Promise<void> {
  try {
    const content = await bodyOf(api.GET('/report-deliveries/{id}/content', { params: { path: { id: delivery.id }, query: { format } }, parseAs: 'blob' }));
    saveBlob(fileName(delivery, format), content as unknown as Blob);
  } catch (error) {
    notifyFailure(error);
  }
}
