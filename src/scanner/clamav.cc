#include "scanner/clamav.h"

#include <clamav.h>

namespace warder::scanner {
namespace {

namespace fs = std::filesystem;
using antimalware::Verdict;
using antimalware::VerdictKind;

constexpr unsigned kMaxNesting = 17;    // of archives in archives: clamscan's limit
constexpr unsigned kMaxParts = 10'000;  // of one archive: clamscan's limit
constexpr std::uint64_t kUnpackedFactor = 4;

fs::path without_dots(const std::string& name) {
  return fs::path(name).filename();
}

bool is_database(const fs::path& file) {
  const std::string extension = file.extension().string();
  constexpr std::string_view kExtensions =
      " .cvd .cld .cud .db .hdb .hdu .hsb .hsu .mdb .mdu .msb .msu .ndb .ndu .ldb .ldu .sdb .cdb .crb .fp .sfp .pdb "
      ".gdb .wdb"
      " .ftm .ign .ign2 .idb .imp .cbc .pwdb .cfg .zmd .rmd .info ";
  return !extension.empty() && kExtensions.find(" " + extension + " ") != std::string_view::npos;
}

}  // namespace

struct Clamav::Engine {
  cl_engine* engine = nullptr;
  cl_scan_options options{};
  ~Engine() {
    if (engine != nullptr) ::cl_engine_free(engine);
  }
};

Clamav::Clamav() : engine_(std::make_unique<Engine>()) {}
Clamav::~Clamav() = default;

std::string Clamav::version() {
  return std::string("ClamAV ") + ::cl_retver();
}

Result<std::unique_ptr<Clamav>> Clamav::load(const ClamavOptions& options) {
  std::error_code error;
  bool has_any = false;
  if (fs::is_directory(options.signatures, error)) {
    for (const fs::directory_entry& each : fs::directory_iterator(options.signatures, error))
      has_any = has_any || is_database(each.path());
  } else {
    has_any = is_database(options.signatures);
  }
  if (error) return fail_errno(options.signatures.string(), error.value());
  if (!has_any) return std::unique_ptr<Clamav>();
  if (const cl_error_t result = ::cl_init(CL_INIT_DEFAULT); result != CL_SUCCESS)
    return fail(ErrorCode::Internal, std::string("libclamav: ") + ::cl_strerror(result));
  std::unique_ptr<Clamav> made(new Clamav());  // NOLINT(cppcoreguidelines-owning-memory): private constructor
  cl_engine* const engine = made->engine_->engine = ::cl_engine_new();
  if (engine == nullptr) return fail(ErrorCode::Internal, "libclamav: out of memory");
  const auto max_bytes = static_cast<long long>(options.max_file_bytes);
  ::cl_engine_set_num(engine, CL_ENGINE_MAX_FILESIZE, max_bytes);
  ::cl_engine_set_num(engine, CL_ENGINE_MAX_SCANSIZE, static_cast<long long>(options.max_file_bytes * kUnpackedFactor));
  ::cl_engine_set_num(engine, CL_ENGINE_MAX_RECURSION, kMaxNesting);
  ::cl_engine_set_num(engine, CL_ENGINE_MAX_FILES, kMaxParts);
  ::cl_engine_set_num(engine, CL_ENGINE_MAX_SCANTIME, static_cast<long long>(options.max_time.count()));
  // The callers remember clean files themselves; this memory would be one for each process.
  ::cl_engine_set_num(engine, CL_ENGINE_DISABLE_CACHE, 1);
  const unsigned what = CL_DB_STDOPT | CL_DB_YARA_EXCLUDE;
  cl_error_t result = ::cl_load(options.signatures.c_str(), engine, &made->signatures_, what);
  if (result == CL_SUCCESS) result = ::cl_engine_compile(engine);
  if (result != CL_SUCCESS)
    return fail(ErrorCode::Invalid, options.signatures.string() + ": libclamav: " + ::cl_strerror(result));
  cl_scan_options& scan = made->engine_->options;
  scan.parse = ~0U;
  scan.general = CL_SCAN_GENERAL_HEURISTICS | CL_SCAN_GENERAL_UNPRIVILEGED;
  return made;
}

Result<void> Clamav::set_temporary_directory(const std::string& path) {
  if (::cl_engine_set_str(engine_->engine, CL_ENGINE_TMPDIR, path.c_str()) != CL_SUCCESS)
    return fail(ErrorCode::Internal, "libclamav refused its temporary directory");
  return {};
}

Verdict Clamav::scan(const Subject& subject) {
  const char* found = nullptr;
  unsigned long scanned = 0;
  const std::string shown = without_dots(subject.name).string();
  cl_error_t result = CL_EMEM;
  if (subject.content.empty()) {
    result = ::cl_scandesc(subject.file, shown.c_str(), &found, &scanned, engine_->engine, &engine_->options);
  } else if (cl_fmap_t* const map = ::cl_fmap_open_memory(subject.content.data(), subject.content.size())) {
    result = ::cl_scanmap_callback(map, shown.c_str(), &found, &scanned, engine_->engine, &engine_->options, nullptr);
    ::cl_fmap_close(map);
  }
  if (result == CL_CLEAN) return {VerdictKind::Clean, "", "", ""};
  if (result == CL_VIRUS) return {VerdictKind::Infected, "clamav", found == nullptr ? "unnamed" : found, ""};
  return {VerdictKind::Error, "", "", std::string("libclamav: ") + ::cl_strerror(result)};
}

}  // namespace warder::scanner
