// A tenant's signatures of malware for its agents: files of any size, kept in chunks (pack/file_set.h), gathered one by
// one and published together as a content pack that names them, signed by the manager with the tenant's own key.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "host/clock.h"
#include "manager/content/content.h"
#include "pack/file_set.h"

namespace warder::manager {

/// The name of the pack.
inline constexpr std::string_view kSignaturePack = "antimalware-signatures";

struct SignatureFile {
  pack::SetFile file;
  Timestamp made;            // as the file says, else when it was put here
  std::int64_t version = 0;  // as the file says; 0: files of its kind say none
  std::string source;        // "upload" or the URL it came from
  std::string tag;           // HTTP's ETag, of a file that was fetched
  Timestamp imported;
};

struct PublishedSignatures {
  std::string pack;  // digest
  Timestamp published;
  pack::FileSet set;
};

/// What a database says of itself.
struct SignatureFacts {
  std::optional<Timestamp> made;
  std::int64_t version = 0;
};
/// Looks whether the scanner would take the file at this path; the name decides how. Invalid when not.
using SignatureCheck = std::function<Result<SignatureFacts>(const std::filesystem::path& file)>;
/// Asks `warder-scanner --check`: ClamAV's digital signature for .cvd, loading for everything else that its libraries
/// read; files of ours (.whx) are looked at here. Unavailable when the program is not there.
Result<SignatureFacts> check_signature_file(const std::filesystem::path& file);

/// The same keys of files that agents take: databases of ClamAV, YARA rules, indexes and lists of hashes.
[[nodiscard]] bool is_signature_name(std::string_view name);

/// Thread-safe. Changes are audit entries in the same transaction.
class Signatures {
 public:
  Signatures(Tenants& tenants, AuditLog& audit, Content& content, const host::Clock& clock,
             SignatureCheck check = check_signature_file)
      : tenants_(tenants), audit_(audit), content_(content), clock_(clock), check_(std::move(check)) {}

  /// Those of the digests that are not stored: only they need be sent.
  Result<std::vector<std::string>> missing_chunks(const TenantScope& scope, std::span<const std::string> digests);
  /// Stores one; its digest is computed here. TooLarge beyond pack::kMaxChunkBytes. Chunks that no file uses within a
  /// day are removed.
  Result<pack::Chunk> add_chunk(const TenantScope& scope, ByteView bytes);
  /// Puts a file together and in the place of the one of its name. Invalid when a chunk is missing, the digest is
  /// wrong or the check refuses it; Conflict when the one that is here says that it is newer.
  Result<SignatureFile> put_file(const TenantScope& scope, const pack::SetFile& file, std::string_view source,
                                 std::string_view tag = {});
  /// NotFound when there is none of this name.
  Result<void> remove_file(const TenantScope& scope, std::string_view name);

  Result<std::vector<SignatureFile>> files(const TenantScope& scope);
  /// One of them, put together at `to`.
  Result<void> write_file(const TenantScope& scope, const pack::SetFile& file, const std::filesystem::path& to) {
    return assemble(scope, file, to);
  }
  Result<std::optional<PublishedSignatures>> published(const TenantScope& scope);
  /// Hands the present files to agents: makes the pack, activates it, and forgets what neither it nor the one before it
  /// uses. Conflict without files; the published pack itself when nothing has changed since.
  Result<ContentPack> publish(const TenantScope& scope);

 private:
  Result<void> assemble(const TenantScope& scope, const pack::SetFile& file, const std::filesystem::path& to);
  Result<void> remove_unused(const TenantScope& scope);

  Tenants& tenants_;
  AuditLog& audit_;
  Content& content_;
  const host::Clock& clock_;
  const SignatureCheck check_;
};

}  // namespace warder::manager
