#include "scanner/indicators.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/file.h"

namespace warder::scanner {
namespace {

namespace fs = std::filesystem;
using antimalware::HashIndex;
using antimalware::HashKind;

constexpr std::size_t kMaxListBytes = std::size_t{1} << 30U;

bool is_list(const fs::path& file) {
  const std::string extension = file.extension().string();
  if (extension == ".json") return file.stem().extension() == ".stix";
  constexpr std::string_view kExtensions = " .sha256 .sha1 .md5 .hashes .tlsh .stix ";
  return !extension.empty() && kExtensions.find(" " + extension + " ") != std::string_view::npos;
}

}  // namespace

class Indicators::Mapping {
 public:
  static Result<std::unique_ptr<Mapping>> make(const fs::path& file) {
    const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status {};
    if (!fd.is_open() || ::fstat(fd.get(), &status) != 0) return fail_errno(file.string(), errno);
    auto made = std::make_unique<Mapping>();
    made->bytes_ = static_cast<std::size_t>(status.st_size);
    if (made->bytes_ == 0) return fail(ErrorCode::Corrupt, file.string() + ": empty");
    made->start_ = ::mmap(nullptr, made->bytes_, PROT_READ, MAP_SHARED, fd.get(), 0);
    if (made->start_ == MAP_FAILED) return fail_errno(file.string(), errno);
    ::madvise(made->start_, made->bytes_, MADV_RANDOM);
    return made;
  }
  Mapping() = default;
  ~Mapping() {
    if (start_ != MAP_FAILED) ::munmap(start_, bytes_);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  [[nodiscard]] ByteView bytes() const noexcept { return {static_cast<const std::uint8_t*>(start_), bytes_}; }

 private:
  void* start_ = MAP_FAILED;
  std::size_t bytes_ = 0;
};

Indicators::Indicators() = default;
Indicators::Indicators(Indicators&&) noexcept = default;
Indicators& Indicators::operator=(Indicators&&) noexcept = default;
Indicators::~Indicators() = default;

Result<antimalware::HashListReport> add_list(const fs::path& file, antimalware::HashIndexBuilder& builder) {
  const std::string text = WD_TRY(read_file(file, kMaxListBytes));
  const std::string name = file.stem().string();
  const fs::path extension = file.extension();
  if (extension == ".json" || extension == ".stix")
    return antimalware::read_stix(text, name, builder).in(file.string());
  return antimalware::read_hash_list(text, name, builder);
}

void Indicators::map(const fs::path& file) {
  auto mapping = Mapping::make(file);
  if (!mapping) {
    warnings_.push_back(mapping.error().message);
    return;
  }
  auto index = HashIndex::open((*mapping)->bytes());
  if (!index) {
    warnings_.push_back(file.string() + ": " + index.error().message);
    return;
  }
  mappings_.push_back(std::move(*mapping));
  indexes_.push_back(*index);
}

Indicators Indicators::load(const fs::path& folder) {
  Indicators made;
  antimalware::HashIndexBuilder builder;
  std::vector<fs::path> files;
  std::error_code error;
  for (const fs::directory_entry& each : fs::directory_iterator(folder, error)) files.push_back(each.path());
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    if (file.extension() == ".whx") made.map(file);
    if (!is_list(file)) continue;
    const auto report = add_list(file, builder);
    if (!report) {
      made.warnings_.push_back(report.error().message);
    } else if (report->ignored > 0 && report->first_ignored > 0) {
      made.warnings_.push_back(file.string() + ":" + std::to_string(report->first_ignored) + ": no digest; " +
                               std::to_string(report->ignored) + " lines were left out");
    }
  }
  if (builder.count() == 0) return made;
  auto compiled = builder.finish();
  if (!compiled) {
    made.warnings_.push_back(compiled.error().message);
    return made;
  }
  made.compiled_ = std::move(*compiled);
  if (const auto index = HashIndex::open(made.compiled_)) made.indexes_.push_back(*index);
  return made;
}

bool Indicators::has(HashKind kind) const noexcept {
  return std::any_of(indexes_.begin(), indexes_.end(), [kind](const HashIndex& each) { return each.has(kind); });
}

std::uint64_t Indicators::count() const noexcept {
  std::uint64_t sum = 0;
  for (const HashIndex& each : indexes_)
    for (const HashKind kind : antimalware::kHashKinds) sum += each.count(kind);
  for (const HashIndex& each : indexes_) sum += each.tlsh_count();
  return sum;
}

bool Indicators::has_tlsh() const noexcept {
  return std::any_of(indexes_.begin(), indexes_.end(), [](const HashIndex& each) { return each.tlsh_count() > 0; });
}

std::optional<antimalware::NearDigest> Indicators::nearest(const antimalware::TlshDigest& digest,
                                                           unsigned max_distance) const noexcept {
  std::optional<antimalware::NearDigest> nearest;
  for (const HashIndex& each : indexes_) {
    const auto found = each.nearest(digest, max_distance);
    if (found && (!nearest || found->distance < nearest->distance)) nearest = found;
  }
  return nearest;
}

std::optional<std::string_view> Indicators::find(HashKind kind, ByteView digest) const noexcept {
  for (const HashIndex& each : indexes_)
    if (const auto name = each.find(kind, digest)) return name;
  return std::nullopt;
}

}  // namespace warder::scanner
