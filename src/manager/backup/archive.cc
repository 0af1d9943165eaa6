#include "manager/backup/archive.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "base/json.h"
#include "base/random.h"

namespace warder::manager {
namespace {

constexpr std::string_view kMagic = "warder-backup/1";
constexpr std::size_t kPiece = 1 << 20;
constexpr std::size_t kMaxBox = kPiece + 1024;
constexpr std::size_t kMaxHeader = 64 << 10;
// What a piece is.
constexpr char kBegin = 'P';
constexpr char kData = 'D';
constexpr char kEnd = 'E';
constexpr char kManifest = 'M';

std::string purpose_of(const std::string& id) {
  return "warder backup|" + id;
}

std::string place_of(std::string_view archive, std::uint64_t piece, bool is_last) {
  return std::string{archive} + "|" + std::to_string(piece) + (is_last ? "|last" : "|more");
}

json::object to_json(const ArchivePart& part) {
  return {{"name", part.name}, {"bytes", part.bytes}, {"sha256", part.sha256}};
}

Result<ArchivePart> read_part(const json::object& object) {
  ArchivePart part;
  part.name = WD_TRY(get_string(object, "name"));
  part.bytes = static_cast<std::uint64_t>(WD_TRY(get_int(object, "bytes")));
  part.sha256 = WD_TRY(get_string(object, "sha256"));
  return part;
}

std::string unfinished(const std::filesystem::path& path) {
  return path.string() + ".part";
}

Result<void> sync_directory(const std::filesystem::path& path) {
  const UniqueFd directory{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!directory.is_open() || ::fsync(directory.get()) != 0) return fail_errno(path.string(), errno);
  return {};
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
}

}  // namespace

Result<std::unique_ptr<ArchiveWriter>> ArchiveWriter::create(const std::filesystem::path& path,
                                                             const ArchiveHeader& header, crypto::KeyProvider& root) {
  std::error_code error;
  if (std::filesystem::exists(path, error)) return fail(ErrorCode::Conflict, path.string() + ": exists already");
  crypto::DataKey key = crypto::DataKey::generate("backup", 1);
  const Bytes wrapped = WD_TRY(root.wrap(purpose_of(header.id), key.key()));
  const std::string head = std::string{kMagic} + "\n" +
                           canonical_json(json::object{{"id", header.id},
                                                       {"created", to_rfc3339(header.created)},
                                                       {"version", header.version},
                                                       {"store", header.store},
                                                       {"provider", header.provider},
                                                       {"key", to_hex(wrapped)}}) +
                           "\n";
  const std::string name = unfinished(path);
  UniqueFd file{::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!file.is_open()) return fail_errno(name, errno);
  std::unique_ptr<ArchiveWriter> writer(new ArchiveWriter(path, std::move(file), std::move(key)));  // NOLINT: private
  WD_TRY(writer->write_all(as_bytes(head)));
  writer->place_ = to_hex(crypto::sha256(as_bytes(head)));
  return writer;
}

ArchiveWriter::~ArchiveWriter() {
  if (!is_finished_) ::unlink(unfinished(path_).c_str());
}

Result<void> ArchiveWriter::begin_part(std::string name) {
  parts_.push_back({std::move(name), 0, {}});
  return put(kBegin, as_bytes(parts_.back().name));
}

Result<void> ArchiveWriter::write(ByteView bytes) {
  digest_.update(bytes);
  parts_.back().bytes += bytes.size();
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(kPiece, bytes.size())))
    WD_TRY(put(kData, bytes.first(std::min(kPiece, bytes.size()))));
  return {};
}

Result<void> ArchiveWriter::end_part() {
  parts_.back().sha256 = to_hex(digest_.finish());
  return put(kEnd, as_bytes(canonical_json(to_json(parts_.back()))));
}

Result<void> ArchiveWriter::finish(const std::function<Result<void>(const std::filesystem::path&)>& check) {
  json::array parts;
  for (const ArchivePart& part : parts_) parts.push_back(to_json(part));
  WD_TRY(put(kManifest, as_bytes(canonical_json(json::object{{"parts", std::move(parts)}})), true));
  const std::string name = unfinished(path_);
  if (::fsync(file_.get()) != 0) return fail_errno(name, errno);
  file_.reset();
  WD_TRY(check(name));
  // link(2) never replaces.
  if (::link(name.c_str(), path_.c_str()) != 0) return fail_errno(path_.string(), errno);
  ::unlink(name.c_str());
  is_finished_ = true;
  return sync_directory(folder_of(path_));
}

Result<void> ArchiveWriter::put(char kind, ByteView bytes, bool is_last) {
  Bytes plain;
  plain.reserve(bytes.size() + 1);
  plain.push_back(static_cast<std::uint8_t>(kind));
  append(plain, bytes);
  const Bytes box = crypto::seal(key_, place_of(place_, next_++, is_last), plain);
  Bytes length;
  append_u32be(length, static_cast<std::uint32_t>(box.size()));
  WD_TRY(write_all(length));
  return write_all(box);
}

Result<void> ArchiveWriter::write_all(ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno(unfinished(path_), errno);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Result<std::unique_ptr<ArchiveReader>> ArchiveReader::open(const std::filesystem::path& path,
                                                           crypto::KeyProvider& root) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorCode::NotFound, path.string() + ": cannot be opened");
  std::string magic(kMagic.size() + 1, '\0');
  file.read(magic.data(), static_cast<std::streamsize>(magic.size()));
  if (!file || magic != std::string{kMagic} + "\n")
    return fail(ErrorCode::Corrupt, path.string() + ": not a backup of this form");
  std::string line(kMaxHeader, '\0');
  file.getline(line.data(), static_cast<std::streamsize>(line.size()));
  if (!file) return fail(ErrorCode::Corrupt, path.string() + ": its header is cut off");
  line.resize(static_cast<std::size_t>(file.gcount()) - 1);
  const auto parsed = WD_TRY(parse_json(line).in(path.string() + ": its header"));
  if (!parsed.is_object()) return fail(ErrorCode::Corrupt, path.string() + ": its header is damaged");
  const json::object& object = parsed.get_object();
  ArchiveHeader header;
  header.id = WD_TRY(get_string(object, "id").in(path.string()));
  header.version = WD_TRY(get_string(object, "version").in(path.string()));
  header.store = WD_TRY(get_string(object, "store").in(path.string()));
  header.provider = WD_TRY(get_string(object, "provider").in(path.string()));
  header.created = WD_TRY(parse_rfc3339(WD_TRY(get_string(object, "created"))).in(path.string()));
  const Bytes wrapped = WD_TRY(from_hex(WD_TRY(get_string(object, "key").in(path.string()))).in(path.string()));
  auto key = root.unwrap(purpose_of(header.id), wrapped);
  if (!key)
    return fail(ErrorCode::Forbidden,
                path.string() + ": made under another root key, or its header is damaged: " + key.error().message);
  if (key->size() != 32) return fail(ErrorCode::Corrupt, path.string() + ": its key is damaged");
  const std::string place = to_hex(crypto::sha256(as_bytes(magic + line + "\n")));
  return std::unique_ptr<ArchiveReader>(new ArchiveReader(path.string(), std::move(file), std::move(header),
                                                          crypto::DataKey("backup", 1, std::move(*key)), place));
}

tl::unexpected<Error> ArchiveReader::damaged(std::string_view what) const {
  return fail(ErrorCode::Corrupt, name_ + ": piece " + std::to_string(next_) + ", at byte " + std::to_string(offset_) +
                                      (part_.empty() ? "" : ", in " + part_) + ": " + std::string{what});
}

Result<std::vector<ArchivePart>> ArchiveReader::read(ArchiveSink& sink) {
  for (;;) {
    Record record = WD_TRY(next());
    if (!record.is_last) {
      WD_TRY(take(std::move(record), sink));
      ++next_;
      continue;
    }
    if (record.kind != kManifest || !part_.empty()) return damaged("it ends without its manifest");
    const auto manifest = parse_json(as_text(record.bytes));
    const json::array* listed = nullptr;
    if (manifest && manifest->is_object()) {
      const auto found = get_array(manifest->get_object(), "parts");
      listed = found ? *found : nullptr;
    }
    if (listed == nullptr || listed->size() != parts_.size())
      return damaged("the manifest does not list what is there");
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const auto part = (*listed)[i].is_object() ? read_part((*listed)[i].get_object())
                                                 : Result<ArchivePart>{fail(ErrorCode::Corrupt, "")};
      if (!part || *part != parts_[i])
        return damaged("the manifest does not list " + parts_[i].name + " as it is there");
    }
    return parts_;
  }
}

Result<ArchiveReader::Record> ArchiveReader::next() {
  offset_ = static_cast<std::uint64_t>(file_.tellg());
  std::array<char, 4> length{};
  if (!file_.read(length.data(), length.size())) return damaged("the archive is cut off");
  const std::uint32_t bytes = WD_TRY(Reader(as_bytes(std::string_view{length.data(), length.size()})).u32be());
  if (bytes > kMaxBox) return damaged("it is damaged");
  Bytes box(bytes);
  if (!file_.read(reinterpret_cast<char*>(box.data()), bytes)) return damaged("the archive is cut off");
  const bool is_last = file_.peek() == std::ifstream::traits_type::eof();
  auto plain = crypto::open_sealed(key_, place_of(place_, next_, is_last), box);
  if (!plain && is_last && crypto::open_sealed(key_, place_of(place_, next_, false), box))
    return damaged("the archive is cut off behind it");
  if (!plain && !is_last && crypto::open_sealed(key_, place_of(place_, next_, true), box))
    return damaged("something was put behind the archive's end");
  if (!plain || plain->empty()) return damaged("it is damaged, or does not belong here");
  Record record{static_cast<char>(plain->front()), {}, is_last};
  plain->erase(plain->begin());
  record.bytes = std::move(*plain);
  return record;
}

Result<void> ArchiveReader::take(Record record, ArchiveSink& sink) {
  if (record.kind == kBegin && part_.empty()) {
    part_ = as_text(record.bytes);
    part_bytes_ = 0;
    return part_.empty() ? Result<void>{damaged("a part without a name")} : sink.begin_part(part_);
  }
  if (record.kind == kData && !part_.empty()) {
    digest_.update(record.bytes);
    part_bytes_ += record.bytes.size();
    return sink.write(record.bytes);
  }
  if (record.kind != kEnd || part_.empty()) return damaged("a piece that does not fit here");
  ArchivePart part{part_, part_bytes_, to_hex(digest_.finish())};
  const auto said = parse_json(as_text(record.bytes));
  const auto expected =
      said && said->is_object() ? read_part(said->get_object()) : Result<ArchivePart>{fail(ErrorCode::Corrupt, "")};
  if (!expected || *expected != part) return damaged("its SHA-256 is another");
  WD_TRY(sink.end_part(part));
  parts_.push_back(std::move(part));
  part_.clear();
  return {};
}

}  // namespace warder::manager
