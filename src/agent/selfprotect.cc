#include "agent/selfprotect.h"

#include <sys/stat.h>

#include <cerrno>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "protocol/token.h"

namespace warder::agent {
namespace {

std::optional<FileMark> mark_of(const std::filesystem::path& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return std::nullopt;
  return FileMark{found.st_dev,
                  found.st_ino,
                  static_cast<std::uint64_t>(found.st_size),
                  found.st_ctim.tv_sec * 1'000'000'000 + found.st_ctim.tv_nsec,
                  found.st_mode,
                  found.st_uid};
}

std::string_view difference(const FileMark& was, const FileMark& is, bool may_change) {
  if (was.device != is.device || was.inode != is.inode) return "replaced";
  if (was.mode != is.mode || was.owner != is.owner) return "attributes";
  return !may_change && was != is ? "changed" : std::string_view();
}

}  // namespace

Result<void> check_maintenance(const std::optional<Identity>& identity, std::string_view token, Timestamp now) {
  if (!identity) return {};
  if (!identity->maintenance)
    return fail(ErrorCode::Forbidden, "this agent has no key to check maintenance tokens with");
  if (trim(token).empty()) return fail(ErrorCode::Unauthenticated, "a maintenance token from the manager is needed");
  WD_TRY(protocol::verify_maintenance_token(trim(token), *identity->maintenance, identity->agent, now));
  return {};
}

std::string read_boot_id() {
  const auto text = read_file("/proc/sys/kernel/random/boot_id", 64);
  return text ? std::string(trim(*text)) : std::string();
}

Result<LastEnd> begin_run(const std::filesystem::path& marker, const RunMarker& self) {
  LastEnd last = LastEnd::Clean;
  if (const auto text = read_file(marker, 4096)) {
    const auto left = parse_json(*text);
    const bool is_object = left && left->is_object();
    const auto boot =
        is_object ? get_string(left->get_object(), "boot_id") : Result<std::string_view>(std::string_view());
    last = boot && *boot == self.boot_id ? LastEnd::Killed : LastEnd::Crash;
  }
  json::object mark;
  mark["boot_id"] = self.boot_id;
  mark["pid"] = self.pid;
  WD_TRY(write_file_atomically(marker, json::serialize(mark)));
  return last;
}

Result<void> end_run(const std::filesystem::path& marker) {
  std::error_code error;
  std::filesystem::remove(marker, error);
  if (error) return fail(ErrorCode::Unavailable, marker.string() + ": " + error.message());
  return {};
}

void FileGuard::watch(const std::filesystem::path& path, bool may_change) {
  files_[path] = {may_change, mark_of(path)};
}

std::vector<FileTamper> FileGuard::look() {
  std::vector<FileTamper> found;
  for (auto& [path, watched] : files_) {
    const auto now = mark_of(path);
    if (watched.mark && !now) found.push_back({path, "deleted"});
    if (!watched.mark && now) found.push_back({path, "created"});
    if (watched.mark && now) {
      const auto what = difference(*watched.mark, *now, watched.may_change);
      if (!what.empty()) found.push_back({path, what});
    }
    watched.mark = now;
  }
  return found;
}

void FileGuard::accept(const std::filesystem::path& path) {
  const auto found = files_.find(path);
  if (found != files_.end()) found->second.mark = mark_of(path);
}

Sender describe_sender(pid_t pid, uid_t user) {
  Sender sender{pid, user, {}};
  if (pid <= 0) return sender;
  std::error_code error;
  const auto target = std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/exe", error);
  if (!error) sender.executable = target.string();
  return sender;
}

bool is_shutdown(const Sender& sender) {
  return sender.pid == 0 || sender.pid == 1;
}

}  // namespace warder::agent
