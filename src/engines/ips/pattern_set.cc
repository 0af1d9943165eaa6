#include "engines/ips/pattern_set.h"

#include <hs/hs.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <string>

namespace warder::ips {

namespace {

struct FreeDatabase {
  void operator()(hs_database_t* database) const noexcept { hs_free_database(database); }
};

/// As a regular expression: the literal interface takes strings that end at a NUL (Vectorscan 5.4.9 measures them so).
std::string expression(const Literal& literal) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(literal.bytes.size() * 4);
  for (const auto byte : literal.bytes) {
    text += "\\x";
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

/// A database of some of the literals, which keep their places as ids. The caller owns it.
Result<hs_database_t*> compile_part(const std::vector<Literal>& literals, const std::vector<unsigned>& ids) {
  std::vector<std::string> texts;
  std::vector<const char*> expressions;
  std::vector<unsigned> flags;
  texts.reserve(ids.size());
  for (const auto id : ids) {
    texts.push_back(expression(literals[id]));
    flags.push_back(literals[id].is_nocase ? HS_FLAG_CASELESS : 0U);
  }
  for (const auto& text : texts) expressions.push_back(text.c_str());
  hs_database_t* database = nullptr;
  hs_compile_error_t* error = nullptr;
  if (hs_compile_multi(expressions.data(), flags.data(), ids.data(), static_cast<unsigned>(ids.size()), HS_MODE_BLOCK,
                       nullptr, &database, &error) != HS_SUCCESS) {
    std::string message = error == nullptr ? "unknown" : error->message;
    hs_free_compile_error(error);
    return fail(ErrorCode::Internal, "the pattern matcher refuses: " + message);
  }
  return database;
}

struct Callback {
  PatternSet::Found found;
  void* context;
};

int on_match(unsigned id, unsigned long long /*from*/, unsigned long long to, unsigned /*flags*/, void* context) {
  const auto* const callback = static_cast<const Callback*>(context);
  callback->found(callback->context, id, to);
  return 0;
}

}  // namespace

struct PatternScratch::State {
  hs_scratch_t* scratch = nullptr;
};

PatternScratch::PatternScratch() : state_(std::make_unique<State>()) {}
PatternScratch::~PatternScratch() {
  if (state_->scratch != nullptr) hs_free_scratch(state_->scratch);
}

struct PatternSet::Database {
  std::vector<std::unique_ptr<hs_database_t, FreeDatabase>> parts;
};

PatternSet::PatternSet() = default;
PatternSet::~PatternSet() = default;
PatternSet::PatternSet(PatternSet&&) noexcept = default;
PatternSet& PatternSet::operator=(PatternSet&&) noexcept = default;

Result<PatternSet> PatternSet::compile(const std::vector<Literal>& literals) {
  PatternSet set;
  if (literals.empty()) return set;
  // The library goes through its input in strides that the shortest literal allows: where there are many, the short
  // ones are searched for alone.
  constexpr std::size_t kShort = 4;
  constexpr std::size_t kMany = 64;
  std::vector<unsigned> ids[2];
  for (std::size_t i = 0; i < literals.size(); ++i) {
    const bool is_short = literals.size() > kMany && literals[i].bytes.size() < kShort;
    ids[is_short ? 1 : 0].push_back(static_cast<unsigned>(i));
  }
  set.database_ = std::make_unique<Database>();
  for (const auto& part : ids) {
    if (!part.empty()) set.database_->parts.emplace_back(WD_TRY(compile_part(literals, part)));
  }
  return set;
}

Result<Bytes> PatternSet::serialize() const {
  Bytes out;
  if (database_ == nullptr) return out;
  for (const auto& part : database_->parts) {
    char* bytes = nullptr;
    std::size_t size = 0;
    if (hs_serialize_database(part.get(), &bytes, &size) != HS_SUCCESS) {
      return fail(ErrorCode::Internal, "the pattern matcher does not give its tables away");
    }
    append_u64be(out, size);
    append(out, as_bytes({bytes, size}));
    std::free(bytes);  // NOLINT(cppcoreguidelines-no-malloc): the library's allocation
  }
  return out;
}

Result<PatternSet> PatternSet::deserialize(ByteView bytes) {
  PatternSet set;
  if (bytes.empty()) return set;
  set.database_ = std::make_unique<Database>();
  Reader reader(bytes);
  while (reader.remaining() > 0) {
    const auto size = WD_TRY(reader.u64be());
    if (size > reader.remaining()) return fail(ErrorCode::Corrupt, "a pattern table is longer than the file");
    const auto part = WD_TRY(reader.take(static_cast<std::size_t>(size)));
    hs_database_t* database = nullptr;
    if (hs_deserialize_database(as_text(part).data(), part.size(), &database) != HS_SUCCESS) {
      return fail(ErrorCode::Stale, "patterns compiled for another processor or release: compile the rules again");
    }
    set.database_->parts.emplace_back(database);
  }
  return set;
}

void PatternSet::prepare(PatternScratch& scratch) const {
  if (database_ == nullptr) return;
  for (const auto& part : database_->parts) {
    if (hs_alloc_scratch(part.get(), &scratch.state_->scratch) != HS_SUCCESS) std::abort();
  }
}

bool PatternSet::is_empty() const noexcept {
  return database_ == nullptr;
}

std::size_t PatternSet::memory() const noexcept {
  std::size_t bytes = 0;
  if (database_ == nullptr) return bytes;
  for (const auto& part : database_->parts) {
    std::size_t size = 0;
    hs_database_size(part.get(), &size);
    bytes += size;
  }
  return bytes;
}

void PatternSet::scan(ByteView bytes, PatternScratch& scratch, Found found, void* context) const {
  if (database_ == nullptr || bytes.empty()) return;
  Callback callback{found, context};
  // Longer input than fits the interface's length is cut into pieces; no buffer here is that long.
  const auto length = static_cast<unsigned>(std::min<std::size_t>(bytes.size(), UINT_MAX));
  for (const auto& part : database_->parts) {
    hs_scan(part.get(), static_cast<const char*>(static_cast<const void*>(bytes.data())), length, 0,
            scratch.state_->scratch, on_match, &callback);
  }
}

}  // namespace warder::ips
