#include "engines/integrity/observe.h"

namespace warder::integrity {
namespace {

constexpr int kAttempts = 3;

bool held_still(const host::FileContent& content) noexcept {
  return content.before.changed_ns == content.after.changed_ns && content.before.bytes == content.after.bytes &&
         content.before.modified_ns == content.after.modified_ns;
}

// A mount's number says how we came there, not what the file is.
host::FileStat without_mount(host::FileStat stat) noexcept {
  stat.mount = 0;
  return stat;
}

bool is_gone(const Error& error) noexcept {
  return error.code == ErrorCode::NotFound;
}

// One attempt: nullopt when the file turned into something else or went away, so that the caller looks again.
Result<std::optional<Observation>> read_file_entity(host::Directory& directory, const std::string& name,
                                                    std::uint64_t max_hash_bytes, const host::FileStat& stat) {
  Observation seen{{without_mount(stat), std::nullopt, {}}, true};
  if (stat.bytes > max_hash_bytes) return std::optional<Observation>(std::move(seen));
  crypto::Sha256 hash;
  auto content = directory.read(name, max_hash_bytes, [&](ByteView piece) { hash.update(piece); });
  if (!content) {
    const ErrorCode code = content.error().code;
    if (code == ErrorCode::NotFound || code == ErrorCode::Conflict) return std::optional<Observation>();
    return std::optional<Observation>(std::move(seen));  // not readable: attributes are all there is
  }
  seen.entity.stat = without_mount(content->after);
  seen.is_settled = held_still(*content);
  if (content->is_whole) seen.entity.digest = hash.finish();
  return std::optional<Observation>(std::move(seen));
}

Result<std::optional<Observation>> observe_once(host::Directory& directory, const std::string& name,
                                                std::uint64_t max_hash_bytes, const host::FileStat& stat) {
  if (stat.kind == host::FileKind::Regular) return read_file_entity(directory, name, max_hash_bytes, stat);
  Observation seen{{without_mount(stat), std::nullopt, {}}, true};
  if (stat.kind == host::FileKind::Symlink) {
    auto target = directory.link_target(name);
    if (!target) return std::optional<Observation>();
    seen.entity.target = std::move(*target);
  }
  return std::optional<Observation>(std::move(seen));
}

}  // namespace

Result<std::optional<Observation>> observe(host::Directory& directory, const std::string& name,
                                           std::uint64_t max_hash_bytes) {
  std::optional<Observation> last;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const auto stat = WD_TRY(directory.find(name));
    if (!stat) return std::optional<Observation>();
    auto seen = observe_once(directory, name, max_hash_bytes, *stat);
    if (!seen && is_gone(seen.error())) return std::optional<Observation>();
    if (!seen) return fail(std::move(seen).error());
    if (*seen && (*seen)->is_settled) return std::move(*seen);
    if (*seen) last = std::move(*seen);
  }
  if (last) last->is_settled = false;
  return last;
}

}  // namespace warder::integrity
