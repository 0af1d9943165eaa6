#include "engines/integrity/observe.h"

#include "base/text.h"
#include "crypto/content_hash.h"

namespace warder::integrity {
namespace {

constexpr int kAttempts = 3;

bool held_still(const host::FileContent& content) noexcept {
  return content.before.changed_ns == content.after.changed_ns && content.before.bytes == content.after.bytes &&
         content.before.modified_ns == content.after.modified_ns;
}

// Only what is watched: a mount's number says how we came there, not what the file is.
host::FileStat trimmed(host::FileStat stat, AttributeSet attributes) noexcept {
  stat.mount = 0;
  if (!contains(attributes, Attribute::LastAccessed)) stat.accessed_ns = 0;
  if (!contains(attributes, Attribute::Blocks)) stat.blocks = 0;
  if (!contains(attributes, Attribute::Flags)) stat.flags = 0;
  return stat;
}

bool is_gone(const Error& error) noexcept {
  return error.code == ErrorCode::NotFound;
}

// The digests that the attributes want, all from one reading.
class Hashes {
 public:
  explicit Hashes(AttributeSet attributes) {
    const auto want = [&](Attribute attribute, crypto::HashAlgorithm algorithm, std::string Entity::*where) {
      if (contains(attributes, attribute)) others_.push_back({crypto::ContentHash(algorithm), where});
    };
    want(Attribute::Md5, crypto::HashAlgorithm::Md5, &Entity::md5);
    want(Attribute::Sha1, crypto::HashAlgorithm::Sha1, &Entity::sha1);
    want(Attribute::Sha512, crypto::HashAlgorithm::Sha512, &Entity::sha512);
    want(Attribute::Blake3, crypto::HashAlgorithm::Blake3, &Entity::blake3);
    wants_sha256_ = contains(attributes, Attribute::Content);
  }
  void update(ByteView piece) {
    if (wants_sha256_) sha256().update(piece);
    for (Other& each : others_) each.hash.update(piece);
  }
  void finish(Entity& entity) {
    if (wants_sha256_) entity.digest = sha256().finish();
    for (Other& each : others_) entity.*each.where = each.hash.finish();
  }
  // A reading that was broken off leaves nothing behind.
  void discard() {
    if (wants_sha256_) sha256().finish();
  }

 private:
  struct Other {
    crypto::ContentHash hash;
    std::string Entity::*where;
  };
  // Fetching the algorithm costs more than hashing a small file.
  static crypto::Sha256& sha256() {
    thread_local crypto::Sha256 hash;
    return hash;
  }

  bool wants_sha256_ = false;
  std::vector<Other> others_;
};

// One attempt: nullopt when the file turned into something else or went away, so that the caller looks again.
Result<std::optional<Observation>> read_file_entity(host::Directory& directory, const std::string& name,
                                                    const Look& look, const host::FileStat& stat) {
  Observation seen;
  seen.entity.stat = trimmed(stat, look.attributes);
  directory.want_extras((look.attributes & kExtrasSet) != 0);
  if (stat.bytes > look.max_hash_bytes || ((look.attributes & kContentSet) == 0 && !look.keeps_text)) {
    if ((look.attributes & kExtrasSet) == 0) return std::optional<Observation>(std::move(seen));
    auto extras = directory.extras(name);
    if (!extras) return std::optional<Observation>();
    seen.entity.extras = std::move(*extras);
    return std::optional<Observation>(std::move(seen));
  }
  Hashes hashes(look.attributes);
  const bool keeps_text = look.keeps_text && stat.bytes <= kMaxKeptText;
  auto content = directory.read(name, look.max_hash_bytes, [&](ByteView piece) {
    hashes.update(piece);
    if (keeps_text) seen.entity.content += as_text(piece);
  });
  if (!content) {
    hashes.discard();
    const ErrorCode code = content.error().code;
    if (code == ErrorCode::NotFound || code == ErrorCode::Conflict) return std::optional<Observation>();
    seen.is_readable = false;
    seen.entity.content.clear();
    return std::optional<Observation>(std::move(seen));  // not readable: attributes are all there is
  }
  seen.entity.stat = trimmed(content->after, look.attributes);
  seen.entity.extras = std::move(content->extras);
  seen.is_settled = held_still(*content);
  if (!is_utf8(seen.entity.content)) seen.entity.content.clear();
  if (content->is_whole) {
    hashes.finish(seen.entity);
  } else {
    hashes.discard();
  }
  return std::optional<Observation>(std::move(seen));
}

Result<std::optional<Observation>> observe_once(host::Directory& directory, const std::string& name, const Look& look,
                                                const host::FileStat& stat) {
  if (stat.kind == host::FileKind::Regular) return read_file_entity(directory, name, look, stat);
  Observation seen;
  seen.entity.stat = trimmed(stat, look.attributes);
  if (stat.kind == host::FileKind::Symlink) {
    auto target = directory.link_target(name);
    if (!target) return std::optional<Observation>();
    seen.entity.target = std::move(*target);
  } else if ((look.attributes & kExtrasSet) != 0) {
    auto extras = directory.extras(name);
    if (!extras) return std::optional<Observation>();
    seen.entity.extras = std::move(*extras);
  }
  return std::optional<Observation>(std::move(seen));
}

}  // namespace

Result<std::optional<Observation>> observe(host::Directory& directory, const std::string& name, const Look& look,
                                           const host::FileStat* known) {
  std::optional<Observation> last;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const bool is_told = known != nullptr && attempt == 0;
    const auto stat = is_told ? std::optional<host::FileStat>(*known) : WD_TRY(directory.find(name));
    if (!stat) return std::optional<Observation>();
    auto seen = observe_once(directory, name, look, *stat);
    if (!seen && is_gone(seen.error())) return std::optional<Observation>();
    if (!seen) return fail(std::move(seen).error());
    if (*seen && (*seen)->is_settled) return std::move(*seen);
    if (*seen) last = std::move(*seen);
  }
  if (last) last->is_settled = false;
  return last;
}

}  // namespace warder::integrity
