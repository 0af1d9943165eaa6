// Keeps a tenant's signatures as new as those of a mirror: fetches over HTTP what has changed, checks it, publishes it.
// What is published stays in force whatever goes wrong.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/job_states.h"
#include "manager/content/signatures.h"
#include "manager/tenancy/scope_maker.h"

namespace warder::manager {

struct MirrorOptions {
  std::string url;                 // of a folder, http or https: "https://mirror.example/clamav"; empty: no mirror
  std::vector<std::string> files;  // names in it
  std::chrono::seconds interval{14'400};
  std::uint64_t max_file_bytes = std::uint64_t{1} << 30U;
  std::chrono::seconds max_time{3600};  // for one file
  JobRuns runs{};
};

struct MirrorStatus {
  std::optional<Timestamp> tried;
  std::optional<Timestamp> succeeded;  // when all files were as new as the mirror's
  std::string error;                   // of the last try; empty: none
};

/// What happened, for an event: "signatures.published", "signatures.mirror.failed" (when it begins to fail, or fails
/// for another reason than before) or "signatures.mirror.recovered".
struct MirrorNews {
  std::string type;
  std::string error;
  std::string pack;  // digest of what was published
};

/// Has a thread of its own, unless there is no mirror. Thread-safe.
class SignatureMirror {
 public:
  using Told = std::function<void(const TenantScope&, const MirrorNews&)>;
  SignatureMirror(MirrorOptions options, Tenants& tenants, ScopeMaker& scopes, Signatures& signatures,
                  const host::Clock& clock, Told told);
  ~SignatureMirror();
  SignatureMirror(const SignatureMirror&) = delete;
  SignatureMirror& operator=(const SignatureMirror&) = delete;

  [[nodiscard]] const MirrorOptions& options() const noexcept { return options_; }
  [[nodiscard]] MirrorStatus status(const TenantScope& scope) const;
  /// Does not wait for it. Invalid without a mirror.
  Result<void> fetch_now();

 private:
  void run(const std::stop_token& stop);
  void fetch_all(const std::stop_token& stop);
  void fetch(const TenantScope& scope, const std::stop_token& stop);
  Result<bool> fetch_file(const TenantScope& scope, const std::string& name, const SignatureFile* present,
                          const std::stop_token& stop);

  const MirrorOptions options_;
  Tenants& tenants_;
  ScopeMaker& scopes_;
  Signatures& signatures_;
  const host::Clock& clock_;
  const Told told_;
  mutable std::mutex mutex_;  // guards all below but thread_
  std::condition_variable_any changed_;
  bool is_wanted_ = true;
  std::map<TenantId, MirrorStatus> status_;
  std::jthread thread_;
};

/// A file over HTTP into `to`, which is replaced. `tag`: an ETag that we have; nullopt when it has not changed since,
/// else the new one ("" without). TooLarge beyond `max_bytes`. Redirects are followed three times at most.
Result<std::optional<std::string>> download(const std::string& url, const std::string& tag, const MirrorOptions& limits,
                                            const std::filesystem::path& to, const std::stop_token& stop);

}  // namespace warder::manager
