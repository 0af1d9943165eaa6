#include "scanner/trial.h"

#include <clamav.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>

#include "base/json.h"
#include "base/text.h"
#include "scanner/clamav.h"
#include "scanner/sandbox.h"
#include "scanner/yara.h"

namespace warder::scanner {
namespace {

namespace fs = std::filesystem;
using antimalware::Verdict;
using antimalware::VerdictKind;

constexpr std::chrono::seconds kMaxTime(10);
constexpr std::uint64_t kMaxFileBytes = 64U << 20U;  // of what is unpacked, too
constexpr std::uint64_t kMaxWrittenBytes = 256U << 20U;
constexpr std::uint64_t kMaxMemoryBytes = std::uint64_t{1} << 30U;

Verdict scan(Clamav* clamav, Yara* yara, const std::string& name) {
  ContentReader reader;
  const Subject subject{STDIN_FILENO, reader.read(STDIN_FILENO), name};
  Verdict verdict{VerdictKind::Clean, "", "", ""};
  if (clamav != nullptr) verdict = clamav->scan(subject);
  if (verdict.kind == VerdictKind::Infected || yara == nullptr) return verdict;
  Verdict second = yara->scan(subject, kMaxTime);
  return second.kind == VerdictKind::Clean ? verdict : second;
}

Result<json::object> judge(const fs::path& folder, const std::string& name) {
  const auto clamav = WD_TRY(Clamav::load({folder, kMaxTime, kMaxFileBytes}));
  if (clamav) WD_TRY(clamav->set_temporary_directory(folder.string()));
  const auto yara = WD_TRY(Yara::load(folder));
  json::array warnings;
  if (yara) {
    for (const std::string& each : yara->warnings()) warnings.emplace_back(escape_non_utf8(each));
  }
  const Verdict verdict = scan(clamav.get(), yara.get(), name);
  return json::object{{"verdict", json::string(antimalware::name(verdict.kind))},
                      {"engine", verdict.engine},
                      {"signature", escape_non_utf8(verdict.signature)},
                      {"reason", escape_non_utf8(verdict.reason)},
                      {"rules", yara ? yara->rules() : 0},
                      {"signatures", clamav ? clamav->signatures() : 0},
                      {"warnings", std::move(warnings)}};
}

Result<json::object> run(const fs::path& folder, const std::string& name) {
  // Before the rest of the file system is out of reach: it loads what unpacks RAR.
  if (const cl_error_t result = ::cl_init(CL_INIT_DEFAULT); result != CL_SUCCESS)
    return fail(ErrorCode::Internal, ::cl_strerror(result));
  const fs::path inside = WD_TRY(shut_in(folder));
  WD_TRY(confine(kMaxWrittenBytes));
  return judge(inside, name);
}

}  // namespace

int try_file(const fs::path& folder, const std::string& name) {
  const rlimit memory{kMaxMemoryBytes, kMaxMemoryBytes};
  const rlimit time{static_cast<rlim_t>(2 * kMaxTime.count()), static_cast<rlim_t>(2 * kMaxTime.count())};
  const bool is_limited = ::setrlimit(RLIMIT_DATA, &memory) == 0 && ::setrlimit(RLIMIT_CPU, &time) == 0;
  const auto result = is_limited ? run(folder, name) : fail(ErrorCode::Internal, "setrlimit");
  if (!result) {
    std::fputs((result.error().message + "\n").c_str(), stderr);
    return 1;
  }
  std::puts(json::serialize(*result).c_str());
  return 0;
}

}  // namespace warder::scanner
