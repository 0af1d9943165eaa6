#include "engines/ips/image.h"

#include <openssl/evp.h>

#include <algorithm>
#include <map>

namespace warder::ips {

namespace {

// Magic, version, length and SHA-256 of the body; in the body strings and blobs with their lengths in front.
constexpr std::string_view kMagic = "WarderIP";
constexpr std::uint32_t kVersion = 2;
constexpr std::size_t kDigestBytes = 32;
constexpr std::size_t kHeaderBytes = 8 + 4 + 8 + kDigestBytes;
constexpr std::uint32_t kMaxCount = 1'000'000;

Bytes digest_of(ByteView bytes) {
  Bytes digest(kDigestBytes);
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return digest;
}

void put(Bytes& out, ByteView bytes) {
  append_u64be(out, bytes.size());
  append(out, bytes);
}
void put(Bytes& out, std::string_view text) {
  put(out, as_bytes(text));
}

Result<ByteView> take(Reader& reader) {
  const auto size = WD_TRY(reader.u64be());
  if (size > reader.remaining()) return fail(ErrorCode::Corrupt, "a piece is longer than the file");
  return reader.take(static_cast<std::size_t>(size));
}
Result<std::string> take_text(Reader& reader) {
  return std::string(as_text(WD_TRY(take(reader))));
}
Result<std::uint32_t> take_count(Reader& reader) {
  const auto count = WD_TRY(reader.u32be());
  if (count > kMaxCount) return fail(ErrorCode::Corrupt, "a count is too large");
  return count;
}

using ReadText = std::function<Result<std::string>(const std::string& path)>;

struct Sources {
  std::vector<RuleFile> files;
  VariableSettings variables;
  std::map<std::string, std::string> reads;  // what rules and the loader asked for, if it was there
};

void put_sources(Bytes& out, const Sources& sources) {
  append_u32be(out, static_cast<std::uint32_t>(sources.files.size()));
  for (const auto& file : sources.files) put(out, file.path), put(out, file.text);
  append_u32be(out, static_cast<std::uint32_t>(sources.variables.size()));
  for (const auto& [name, value] : sources.variables) put(out, name), put(out, value);
  append_u32be(out, static_cast<std::uint32_t>(sources.reads.size()));
  for (const auto& [path, text] : sources.reads) put(out, path), put(out, text);
}

Result<Sources> take_sources(Reader& reader) {
  Sources sources;
  for (auto left = WD_TRY(take_count(reader)); left > 0; --left) {
    auto path = WD_TRY(take_text(reader));
    sources.files.push_back({std::move(path), WD_TRY(take_text(reader))});
  }
  for (auto left = WD_TRY(take_count(reader)); left > 0; --left) {
    auto name = WD_TRY(take_text(reader));
    sources.variables.emplace_back(std::move(name), WD_TRY(take_text(reader)));
  }
  for (auto left = WD_TRY(take_count(reader)); left > 0; --left) {
    auto path = WD_TRY(take_text(reader));
    sources.reads[std::move(path)] = WD_TRY(take_text(reader));
  }
  return sources;
}

}  // namespace

bool is_image(ByteView bytes) noexcept {
  return as_text(bytes).starts_with(kMagic);
}

Variables with_settings(const VariableSettings& settings) {
  auto variables = Variables::defaults();
  for (const auto& [name, value] : settings) variables.set(name, value);
  return variables;
}

Result<CompiledImage> make_image(const std::vector<RuleFile>& files, const VariableSettings& variables,
                                 const ReadText& read) {
  Sources sources;
  sources.files = files;
  sources.variables = variables;
  auto loaded = load_rule_files(files, with_settings(variables), [&](const std::string& path) {
    auto text = read(path);
    if (text) sources.reads[path] = *text;
    return text;
  });
  CompiledImage image;
  image.rules = WD_TRY(RuleSet::compile(std::move(loaded)));
  Bytes body;
  put_sources(body, sources);
  append_u32be(body, static_cast<std::uint32_t>(image.rules->groups().size()));
  for (const auto& group : image.rules->groups()) put(body, WD_TRY(group.patterns.serialize()));
  append(image.bytes, as_bytes(kMagic));
  append_u32be(image.bytes, kVersion);
  append_u64be(image.bytes, body.size());
  append(image.bytes, digest_of(body));
  append(image.bytes, body);
  return image;
}

Result<std::shared_ptr<const RuleSet>> open_image(ByteView bytes) {
  if (!is_image(bytes) || bytes.size() < kHeaderBytes) return fail(ErrorCode::Corrupt, "not a compiled rule set");
  Reader header(bytes.first(kHeaderBytes));
  if (auto skipped = header.skip(kMagic.size()); !skipped) return fail(std::move(skipped).error());
  if (WD_TRY(header.u32be()) != kVersion) {
    return fail(ErrorCode::Stale, "compiled by another release: compile the rules again");
  }
  const auto size = WD_TRY(header.u64be());
  const auto digest = WD_TRY(header.take(kDigestBytes));
  const auto body = bytes.subspan(kHeaderBytes);
  if (size != body.size() || !std::ranges::equal(digest, digest_of(body))) {
    return fail(ErrorCode::Corrupt, "the compiled rules are damaged: compile them again");
  }
  Reader reader(body);
  auto sources = WD_TRY(take_sources(reader));
  auto loaded = load_rule_files(sources.files, with_settings(sources.variables),
                                [&](const std::string& path) -> Result<std::string> {
                                  const auto found = sources.reads.find(path);
                                  if (found == sources.reads.end())
                                    return fail(ErrorCode::NotFound, path + ": not in the image");
                                  return found->second;
                                });
  std::vector<ByteView> databases;
  for (auto left = WD_TRY(take_count(reader)); left > 0; --left) databases.push_back(WD_TRY(take(reader)));
  return RuleSet::compile(std::move(loaded), databases);
}

}  // namespace warder::ips
