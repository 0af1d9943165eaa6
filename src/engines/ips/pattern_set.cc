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
  std::unique_ptr<hs_database_t, FreeDatabase> database;
};

PatternSet::PatternSet() = default;
PatternSet::~PatternSet() = default;
PatternSet::PatternSet(PatternSet&&) noexcept = default;
PatternSet& PatternSet::operator=(PatternSet&&) noexcept = default;

Result<PatternSet> PatternSet::compile(const std::vector<Literal>& literals) {
  PatternSet set;
  if (literals.empty()) return set;
  std::vector<std::string> texts;
  std::vector<const char*> expressions;
  std::vector<unsigned> flags;
  std::vector<unsigned> ids;
  texts.reserve(literals.size());
  for (std::size_t i = 0; i < literals.size(); ++i) {
    texts.push_back(expression(literals[i]));
    flags.push_back(literals[i].is_nocase ? HS_FLAG_CASELESS : 0U);
    ids.push_back(static_cast<unsigned>(i));
  }
  for (const auto& text : texts) expressions.push_back(text.c_str());
  hs_database_t* database = nullptr;
  hs_compile_error_t* error = nullptr;
  if (hs_compile_multi(expressions.data(), flags.data(), ids.data(), static_cast<unsigned>(literals.size()),
                       HS_MODE_BLOCK, nullptr, &database, &error) != HS_SUCCESS) {
    std::string message = error == nullptr ? "unknown" : error->message;
    hs_free_compile_error(error);
    return fail(ErrorCode::Internal, "the pattern matcher refuses: " + message);
  }
  set.database_ = std::make_unique<Database>();
  set.database_->database.reset(database);
  return set;
}

Result<Bytes> PatternSet::serialize() const {
  Bytes out;
  if (database_ == nullptr) return out;
  char* bytes = nullptr;
  std::size_t size = 0;
  if (hs_serialize_database(database_->database.get(), &bytes, &size) != HS_SUCCESS) {
    return fail(ErrorCode::Internal, "the pattern matcher does not give its tables away");
  }
  append(out, as_bytes({bytes, size}));
  std::free(bytes);  // NOLINT(cppcoreguidelines-no-malloc): the library's allocation
  return out;
}

Result<PatternSet> PatternSet::deserialize(ByteView bytes) {
  PatternSet set;
  if (bytes.empty()) return set;
  hs_database_t* database = nullptr;
  if (hs_deserialize_database(as_text(bytes).data(), bytes.size(), &database) != HS_SUCCESS) {
    return fail(ErrorCode::Stale, "patterns compiled for another processor or release: compile the rules again");
  }
  set.database_ = std::make_unique<Database>();
  set.database_->database.reset(database);
  return set;
}

void PatternSet::prepare(PatternScratch& scratch) const {
  if (database_ == nullptr) return;
  if (hs_alloc_scratch(database_->database.get(), &scratch.state_->scratch) != HS_SUCCESS) std::abort();
}

bool PatternSet::is_empty() const noexcept {
  return database_ == nullptr;
}

std::size_t PatternSet::memory() const noexcept {
  std::size_t bytes = 0;
  if (database_ != nullptr) hs_database_size(database_->database.get(), &bytes);
  return bytes;
}

void PatternSet::scan(ByteView bytes, PatternScratch& scratch, Found found, void* context) const {
  if (database_ == nullptr || bytes.empty()) return;
  Callback callback{found, context};
  // Longer input than fits the interface's length is cut into pieces; no buffer here is that long.
  const auto length = static_cast<unsigned>(std::min<std::size_t>(bytes.size(), UINT_MAX));
  hs_scan(database_->database.get(), static_cast<const char*>(static_cast<const void*>(bytes.data())), length, 0,
          scratch.state_->scratch, on_match, &callback);
}

}  // namespace warder::ips
