#include "manager/trials/file_trial.h"

#include <algorithm>
#include <fstream>

#include "base/file.h"
#include "base/process.h"
#include "base/temporary_file.h"
#include "crypto/hash.h"
#include "manager/trials/capture_trial.h"
#include "scanner/client.h"

namespace warder::manager {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kMaxTime(20);
constexpr std::uint64_t kMaxSignatureBytes = 32U << 20U;  // of one file, and of all together
constexpr std::string_view kOwnRules = "own.yar";
constexpr int kKilled = 128;
constexpr unsigned kReadable = 0644;  // the scanner may have become another user

/// What the scanner reads besides the lists of hashes, which are the agent's own.
bool is_scanned_with(std::string_view name) {
  return !name.ends_with(".whx") && is_signature_name(name);
}

/// Into `folder`; the names of those that are left out because of their size.
Result<json::array> write_signatures(Signatures& signatures, const TenantScope& scope, const fs::path& folder) {
  json::array left_out;
  std::uint64_t bytes = 0;
  for (const SignatureFile& each : WD_TRY(signatures.files(scope))) {
    if (!is_scanned_with(each.file.name)) continue;
    if (bytes + each.file.bytes > kMaxSignatureBytes) {
      left_out.emplace_back(each.file.name);
      continue;
    }
    bytes += each.file.bytes;
    WD_TRY(signatures.write_file(scope, each.file, folder / each.file.name));
  }
  return left_out;
}

}  // namespace

Result<json::object> try_file(Signatures& signatures, const TenantScope& scope, const FileTrial& trial) {
  if (trial.rules.size() > kMaxTrialRuleBytes) return fail(ErrorCode::TooLarge, "rules: more than 256 KiB");
  if (trial.file.size() > kMaxTrialFileBytes) return fail(ErrorCode::TooLarge, "the file: more than 16 MiB");
  const auto program = scanner::find_scanner();
  if (!program) return fail(ErrorCode::Unavailable, program.error().message);
  const TemporaryFile own = WD_TRY(TemporaryFile::create(std::string(kOwnRules)));
  const fs::path folder = own.path().parent_path();
  json::array left_out;
  if (trial.with_signatures) left_out = WD_TRY(write_signatures(signatures, scope, folder));
  if (!trial.rules.empty()) WD_TRY(write_file_atomically(own.path(), trial.rules, kReadable));
  ProcessOptions options;
  options.timeout = kMaxTime;
  options.input = as_text(trial.file);
  const ProcessOutput output = WD_TRY(run_process({program->string(), "--try", folder.string(), trial.name}, options));
  if (output.exit_code > kKilled)
    return fail(ErrorCode::Invalid, "the file could not be judged within the limits of time and memory");
  if (output.exit_code != 0) return fail(ErrorCode::Unavailable, output.err);
  const json::value answer = WD_TRY(parse_json(output.out).in("warder-scanner --try"));
  if (!answer.is_object()) return fail(ErrorCode::Internal, "warder-scanner --try: no object");
  json::object result = answer.as_object();
  crypto::Sha256 hash;
  hash.update(trial.file);
  result["sha256"] = to_hex(hash.finish());
  result["left_out"] = std::move(left_out);
  return result;
}

}  // namespace warder::manager
