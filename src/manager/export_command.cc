#include "manager/export_command.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <fstream>

#include "model/messages.h"

namespace warder::manager {

Result<ExportReceipt> export_to_file(Installation& installation, const TenantScope& scope,
                                     const std::filesystem::path& output) {
  if (std::filesystem::exists(output)) return fail(ErrorCode::Conflict, output.string() + ": is there already");
  const Messages messages =
      WD_TRY(Messages::load(std::filesystem::path(installation.config.share_directory) / "messages"));
  EventFeed feed;
  EventStore events(*installation.tenants, feed, installation.clock);
  const TenantExport exports(*installation.tenants, installation.audit, events, messages, installation.clock,
                             Installation::exported_schemas());
  const std::filesystem::path unfinished = output.string() + ".unfinished";
  ExportReceipt receipt;
  {
    const mode_t before = ::umask(0077);
    std::ofstream file(unfinished, std::ios::binary | std::ios::trunc);
    ::umask(before);
    if (!file) return fail_errno(unfinished.string(), errno);
    receipt = WD_TRY(exports.write(scope, [&](std::string_view line) -> Result<void> {
      file.write(line.data(), static_cast<std::streamsize>(line.size()));
      if (file) return {};
      return fail_errno(unfinished.string(), errno);
    }));
    file.close();
    if (!file) return fail_errno(unfinished.string(), errno);
  }
  std::error_code error;
  std::filesystem::rename(unfinished, output, error);
  if (error) return fail_errno(output.string(), error.value());
  return receipt;
}

}  // namespace warder::manager
