#include "pack/pack.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "base/file.h"
#include "base/random.h"
#include "pack/body.h"
#include "pack/container.h"
#include "pack/manifest.h"

namespace warder::pack {
namespace {

namespace fs = std::filesystem;

class NoSink : public FileSink {
 public:
  Result<void> begin(const PackFile& /*file*/) override { return {}; }
  Result<void> write(ByteView /*bytes*/) override { return {}; }
  Result<void> end() override { return {}; }
};

Result<void> sync_folder(const fs::path& folder) {
  const UniqueFd fd{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!fd.is_open() || ::fsync(fd.get()) != 0) return fail_errno(folder.string(), errno);
  return {};
}

/// Writes the files below a folder of its own that vanishes with it unless it was kept.
class FolderSink : public FileSink {
 public:
  explicit FolderSink(fs::path folder) : folder_(std::move(folder)) {}
  FolderSink(const FolderSink&) = delete;
  FolderSink& operator=(const FolderSink&) = delete;
  ~FolderSink() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  Result<void> make() { return make_folder(folder_); }

  Result<void> begin(const PackFile& file) override {
    fs::path folder = folder_;
    const fs::path relative{file.path};
    for (const auto& part : relative.parent_path()) {
      folder /= part;
      if (!folders_.contains(folder)) WD_TRY(make_folder(folder));
    }
    path_ = folder / relative.filename();
    fd_ = UniqueFd{::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
    if (!fd_.is_open()) return fail_errno(path_.string(), errno);
    return {};
  }

  Result<void> write(ByteView bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_.get(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return fail_errno(path_.string(), errno);
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return {};
  }

  Result<void> end() override {
    if (::fsync(fd_.get()) != 0) return fail_errno(path_.string(), errno);
    fd_.reset();
    return {};
  }

  Result<void> keep_as(const fs::path& directory) {
    for (const auto& folder : folders_) WD_TRY(sync_folder(folder));
    if (::rename(folder_.c_str(), directory.c_str()) != 0) {
      const bool is_there = errno == EEXIST || errno == ENOTEMPTY;
      if (!is_there) return fail_errno(directory.string(), errno);
    }
    return sync_folder(directory.parent_path());
  }

 private:
  Result<void> make_folder(const fs::path& folder) {
    if (::mkdir(folder.c_str(), 0700) != 0) return fail_errno(folder.string(), errno);
    folders_.insert(folder);
    return {};
  }

  fs::path folder_;
  fs::path path_;
  std::set<fs::path> folders_;
  UniqueFd fd_;
};

Result<std::string> find_signer(const Container& container, const TrustPolicy& trust) {
  const auto known = std::find_if(trust.keys.begin(), trust.keys.end(),
                                  [&](const TrustedKey& trusted) { return trusted.key == container.signer; });
  if (known == trust.keys.end()) {
    return fail(ErrorCode::Forbidden,
                fmt::format("pack: signed by {}, which is not a trusted key", to_hex(container.signer)));
  }
  if (!crypto::is_signed_by(known->key, signing_input(container.signed_bytes), container.signature)) {
    return fail(ErrorCode::Corrupt, "pack: its signature is wrong: it was altered or damaged");
  }
  return known->name;
}

/// The signature comes first: JSON and zstd see only bytes that a trusted key stands for.
Result<VerifiedPack> verify_into(ByteView pack, const TrustPolicy& trust, FileSink& sink) {
  const Container container = WD_TRY(parse_container(pack).in("pack"));
  VerifiedPack verified;
  verified.signer = WD_TRY(find_signer(container, trust));
  verified.manifest = WD_TRY(parse_manifest(as_text(container.manifest)));
  if (!WD_TRY(is_new_enough(trust.engine_version, verified.manifest.minimum_engine))) {
    return fail(ErrorCode::Invalid,
                fmt::format("pack: {} {} needs Warder {} or newer; this is {}", verified.manifest.name,
                            verified.manifest.version, verified.manifest.minimum_engine, trust.engine_version));
  }
  WD_TRY(unpack_body(container.body, verified.manifest.files, sink));
  verified.digest = to_hex(crypto::sha256(pack));
  verified.bytes = pack.size();
  return verified;
}

}  // namespace

Result<Bytes> build_pack(const PackDefinition& definition, std::vector<SourceFile> files,
                         const crypto::SigningKey& key) {
  std::sort(files.begin(), files.end(), [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  Manifest manifest{.name = definition.name,
                    .version = definition.version,
                    .licence = definition.licence,
                    .minimum_engine = definition.minimum_engine,
                    .files = {}};
  for (const auto& file : files) {
    manifest.files.push_back({file.path, file.content.size(), crypto::sha256(as_bytes(file.content))});
  }
  WD_TRY(check_manifest(manifest));
  Bytes pack = make_container(as_bytes(print_manifest(manifest)), compress_body(files), key);
  // What a reader would refuse is not handed out; this also finds content that is over a limit of size or ratio.
  NoSink nowhere;
  WD_TRY(verify_into(pack, {.keys = {{"builder", key.public_key()}}, .engine_version = definition.minimum_engine},
                     nowhere));
  return pack;
}

Result<std::vector<SourceFile>> read_source_folder(const fs::path& folder) {
  std::vector<SourceFile> files;
  std::uint64_t total = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator at{folder, error}, end; !error && at != end; at.increment(error)) {
    const auto kind = at->symlink_status().type();
    if (kind == fs::file_type::directory) continue;
    const std::string path = at->path().lexically_relative(folder).string();
    if (kind != fs::file_type::regular) return fail(ErrorCode::Invalid, path + ": not a regular file");
    if (files.size() == kMaxFiles) return fail(ErrorCode::TooLarge, "more than 10000 files");
    std::string content = WD_TRY(read_file(at->path(), kMaxUnpackedBytes - total));
    total += content.size();
    files.push_back({path, std::move(content)});
  }
  if (error) return fail_errno(folder.string(), error.value());
  return files;
}

std::string file_name(const Manifest& manifest) {
  return manifest.name + "-" + manifest.version + ".wpk";
}

Result<VerifiedPack> verify_pack(ByteView pack, const TrustPolicy& trust) {
  NoSink nowhere;
  return verify_into(pack, trust, nowhere);
}

Result<VerifiedPack> unpack_pack(ByteView pack, const TrustPolicy& trust, const fs::path& directory) {
  std::error_code ignored;
  if (fs::is_directory(directory, ignored)) return verify_pack(pack, trust);
  FolderSink sink{directory.string() + ".new-" + to_hex(random_bytes(8))};
  WD_TRY(sink.make());
  VerifiedPack verified = WD_TRY(verify_into(pack, trust, sink));
  WD_TRY(sink.keep_as(directory));
  return verified;
}

}  // namespace warder::pack
