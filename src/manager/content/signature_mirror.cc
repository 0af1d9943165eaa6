#include "manager/content/signature_mirror.h"

#include <algorithm>

#include "base/temporary_file.h"

namespace warder::manager {

SignatureMirror::SignatureMirror(MirrorOptions options, Tenants& tenants, ScopeMaker& scopes, Signatures& signatures,
                                 const host::Clock& clock, Told told)
    : options_(std::move(options)),
      tenants_(tenants),
      scopes_(scopes),
      signatures_(signatures),
      clock_(clock),
      told_(std::move(told)) {
  if (!options_.url.empty()) thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

SignatureMirror::~SignatureMirror() = default;

MirrorStatus SignatureMirror::status(const TenantScope& scope) const {
  const std::lock_guard lock(mutex_);
  const auto found = status_.find(scope.tenant());
  return found == status_.end() ? MirrorStatus{} : found->second;
}

Result<void> SignatureMirror::fetch_now() {
  if (options_.url.empty())
    return fail(ErrorCode::Conflict, "this manager has no mirror of signatures: signature_mirror_url is empty");
  const std::lock_guard lock(mutex_);
  is_wanted_ = true;
  changed_.notify_all();
  return {};
}

void SignatureMirror::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, stop, options_.interval, [this] { return is_wanted_; });
      is_wanted_ = false;
    }
    if (!stop.stop_requested()) options_.runs.run([&] { fetch_all(stop); });
  }
}

void SignatureMirror::fetch_all(const std::stop_token& stop) {
  for (const Tenant& tenant : tenants_.list()) {
    const auto scope = scopes_.make(tenant.id, "job:signature-mirror");
    if (scope && !stop.stop_requested()) fetch(*scope, stop);
  }
}

void SignatureMirror::fetch(const TenantScope& scope, const std::stop_token& stop) {
  std::string error;
  bool is_changed = false;
  const auto present = signatures_.files(scope);
  if (!present) error = present.error().message;
  for (const std::string& name : present ? options_.files : std::vector<std::string>{}) {
    const auto found =
        std::ranges::find_if(*present, [&](const SignatureFile& each) { return each.file.name == name; });
    const auto fetched = fetch_file(scope, name, found == present->end() ? nullptr : &*found, stop);
    if (stop.stop_requested()) return;
    if (fetched) is_changed = is_changed || *fetched;
    if (!fetched) error += (error.empty() ? "" : "; ") + fetched.error().message;
  }
  std::string pack;
  if (is_changed) {
    const auto published = signatures_.publish(scope);
    if (published) pack = published->digest;
    if (!published) error += (error.empty() ? "" : "; ") + published.error().message;
  }
  std::string error_before;
  {
    const std::lock_guard lock(mutex_);
    MirrorStatus& status = status_[scope.tenant()];
    error_before = std::exchange(status.error, error);
    status.tried = clock_.now();
    if (error.empty()) status.succeeded = status.tried;
  }
  if (!pack.empty()) told_(scope, {"signatures.published", "", pack});
  if (!error.empty() && error != error_before) told_(scope, {"signatures.mirror.failed", error, ""});
  if (error.empty() && !error_before.empty()) told_(scope, {"signatures.mirror.recovered", "", ""});
}

/// Whether it is another than the one that is here.
Result<bool> SignatureMirror::fetch_file(const TenantScope& scope, const std::string& name,
                                         const SignatureFile* present, const std::stop_token& stop) {
  const std::string url = options_.url + (options_.url.ends_with('/') ? "" : "/") + name;
  const bool is_known = present != nullptr && present->source == url;
  const TemporaryFile file = WD_TRY(TemporaryFile::create(name));
  const auto tag = WD_TRY(download(url, is_known ? present->tag : "", options_, file.path(), stop));
  if (!tag) return false;
  // First only cut, so that a file that has not changed writes nothing.
  const auto ignore = [](const pack::Chunk&, ByteView) -> Result<void> { return {}; };
  const auto cut = WD_TRY(pack::cut_file(file.path(), name, options_.max_file_bytes, ignore).in(url));
  if (present != nullptr && present->file.sha256 == cut.sha256) return false;
  std::vector<std::string> digests;
  for (const pack::Chunk& chunk : cut.chunks) digests.push_back(chunk.digest);
  const auto missing = WD_TRY(signatures_.missing_chunks(scope, digests));
  const auto store = [&](const pack::Chunk& chunk, ByteView bytes) -> Result<void> {
    if (std::ranges::find(missing, chunk.digest) != missing.end()) WD_TRY(signatures_.add_chunk(scope, bytes));
    return {};
  };
  WD_TRY(pack::cut_file(file.path(), name, options_.max_file_bytes, store).in(url));
  WD_TRY(signatures_.put_file(scope, cut, url, *tag).in(url));
  return true;
}

}  // namespace warder::manager
