// The header of an rpm package as the database stores it: an index of typed tags and the bytes they point into
// (rpm's docs/manual/format_header.md).
#include <algorithm>
#include <map>
#include <span>

#include "host/software.h"

namespace warder::host {
namespace {

constexpr std::uint32_t kMaxTags = 65'536;
constexpr std::uint32_t kMaxData = 256U << 20;
constexpr std::uint32_t kMaxFiles = 1'000'000;

enum class Tag : std::uint32_t {
  Name = 1000,
  Version = 1001,
  Release = 1002,
  Epoch = 1003,
  Vendor = 1011,
  Arch = 1022,
  FileDigests = 1035,
  FileFlags = 1037,
  SourceRpm = 1044,
  DirIndexes = 1116,
  BaseNames = 1117,
  DirNames = 1118,
  FileDigestAlgorithm = 5011,
};

constexpr std::uint32_t kInt32 = 4;
constexpr std::uint32_t kString = 6;
constexpr std::uint32_t kStringArray = 8;
constexpr std::uint32_t kI18nString = 9;
constexpr std::uint32_t kConfigFlag = 1;  // RPMFILE_CONFIG

struct Entry {
  std::uint32_t type = 0;
  std::uint32_t offset = 0;
  std::uint32_t count = 0;
};

class Header {
 public:
  static Result<Header> parse(ByteView blob);

  [[nodiscard]] std::string text(Tag tag) const {
    const auto all = texts(tag, 1);
    return all.empty() ? std::string() : all.front();
  }
  [[nodiscard]] std::vector<std::string> texts(Tag tag, std::uint32_t limit = kMaxFiles) const;
  [[nodiscard]] std::vector<std::uint32_t> numbers(Tag tag) const;

 private:
  std::map<std::uint32_t, Entry> index_;
  ByteView data_;
};

Result<Header> Header::parse(ByteView blob) {
  Reader in(blob);
  const std::uint32_t tags = WD_TRY(in.u32be());
  const std::uint32_t bytes = WD_TRY(in.u32be());
  if (tags == 0 || tags > kMaxTags || bytes > kMaxData) return fail(ErrorCode::Corrupt, "not an rpm header");
  Header header;
  for (std::uint32_t i = 0; i < tags; ++i) {
    const std::uint32_t tag = WD_TRY(in.u32be());
    Entry entry;
    entry.type = WD_TRY(in.u32be());
    entry.offset = WD_TRY(in.u32be());
    entry.count = WD_TRY(in.u32be());
    header.index_.try_emplace(tag, entry);
  }
  header.data_ = WD_TRY(in.take(bytes));
  return header;
}

std::vector<std::string> Header::texts(Tag tag, std::uint32_t limit) const {
  std::vector<std::string> all;
  const auto it = index_.find(static_cast<std::uint32_t>(tag));
  if (it == index_.end()) return all;
  const Entry& entry = it->second;
  if (entry.type != kString && entry.type != kStringArray && entry.type != kI18nString) return all;
  std::size_t at = entry.offset;
  for (std::uint32_t i = 0; i < std::min(entry.count, limit) && at < data_.size(); ++i) {
    const auto rest = data_.subspan(at);
    const auto end = std::ranges::find(rest, std::uint8_t{0});
    if (end == rest.end()) break;
    const auto length = static_cast<std::size_t>(end - rest.begin());
    all.emplace_back(as_text(rest.first(length)));
    at += length + 1;
  }
  return all;
}

std::vector<std::uint32_t> Header::numbers(Tag tag) const {
  std::vector<std::uint32_t> all;
  const auto it = index_.find(static_cast<std::uint32_t>(tag));
  if (it == index_.end() || it->second.type != kInt32 || it->second.offset > data_.size()) return all;
  Reader in(data_.subspan(it->second.offset));
  for (std::uint32_t i = 0; i < std::min(it->second.count, kMaxFiles); ++i) {
    const auto number = in.u32be();
    if (!number) break;
    all.push_back(*number);
  }
  return all;
}

// "bash-5.1.8-6.el9.src.rpm" → "bash"
std::string source_name(std::string_view file) {
  for (const std::string_view suffix : {".src.rpm", ".nosrc.rpm"})
    if (file.ends_with(suffix)) file.remove_suffix(suffix.size());
  for (int i = 0; i < 2; ++i) {
    const std::size_t dash = file.rfind('-');
    if (dash == std::string_view::npos) return std::string(file);
    file = file.substr(0, dash);
  }
  return std::string(file);
}

std::string_view algorithm_name(std::uint32_t algorithm) noexcept {
  switch (algorithm) {  // RFC 4880 §9.4
    case 2:
      return "sha1";
    case 8:
      return "sha256";
    case 9:
      return "sha384";
    case 10:
      return "sha512";
    default:
      return "md5";
  }
}

std::vector<PackageFile> files_of(const Header& header) {
  const auto names = header.texts(Tag::BaseNames);
  const auto directories = header.texts(Tag::DirNames);
  const auto indexes = header.numbers(Tag::DirIndexes);
  const auto digests = header.texts(Tag::FileDigests);
  const auto flags = header.numbers(Tag::FileFlags);
  const auto algorithms = header.numbers(Tag::FileDigestAlgorithm);
  const std::string_view algorithm = algorithm_name(algorithms.empty() ? 1 : algorithms.front());
  std::vector<PackageFile> files;
  for (std::size_t i = 0; i < names.size() && i < indexes.size(); ++i) {
    if (indexes[i] >= directories.size()) continue;
    PackageFile file;
    file.path = directories[indexes[i]] + names[i];
    if (i < digests.size() && !digests[i].empty()) {
      file.algorithm = algorithm;
      file.digest = digests[i];
    }
    file.is_configuration = i < flags.size() && (flags[i] & kConfigFlag) != 0;
    files.push_back(std::move(file));
  }
  return files;
}

}  // namespace

Result<RpmHeader> parse_rpm_header(ByteView blob, bool with_files) {
  const Header header = WD_TRY(Header::parse(blob));
  RpmHeader out;
  Package& package = out.package;
  package.manager = PackageManager::Rpm;
  package.name = header.text(Tag::Name);
  const std::string version = header.text(Tag::Version);
  if (package.name.empty() || version.empty()) return fail(ErrorCode::Corrupt, "an rpm header without a name");
  const auto epoch = header.numbers(Tag::Epoch);
  if (!epoch.empty()) package.version = std::to_string(epoch.front()) + ":";
  package.version += version + "-" + header.text(Tag::Release);
  package.architecture = header.text(Tag::Arch);
  package.vendor = header.text(Tag::Vendor);
  const std::string source = header.text(Tag::SourceRpm);
  package.source = source.empty() ? package.name : source_name(source);
  if (with_files) out.files = files_of(header);
  return out;
}

}  // namespace warder::host
