#define PCRE2_CODE_UNIT_WIDTH 8
#include "engines/ips/regex.h"

#include <pcre2.h>

#include <array>
#include <mutex>

namespace warder::ips {

namespace {

// As Suricata's defaults: enough for honest patterns, little for hostile input.
constexpr std::uint32_t kMatchLimit = 3500;
constexpr std::uint32_t kDepthLimit = 1500;

struct FreeCode {
  void operator()(pcre2_code* code) const noexcept { pcre2_code_free(code); }
};
struct FreeData {
  void operator()(pcre2_match_data* data) const noexcept { pcre2_match_data_free(data); }
};
struct FreeContext {
  void operator()(pcre2_match_context* context) const noexcept { pcre2_match_context_free(context); }
};

std::uint32_t flags(const Regex::Options& options) noexcept {
  std::uint32_t flags = PCRE2_NEVER_BACKSLASH_C;
  if (options.is_caseless) flags |= PCRE2_CASELESS;
  if (options.dot_matches_all) flags |= PCRE2_DOTALL;
  if (options.is_multiline) flags |= PCRE2_MULTILINE;
  if (options.is_extended) flags |= PCRE2_EXTENDED;
  if (options.is_anchored) flags |= PCRE2_ANCHORED;
  if (options.is_dollar_end_only) flags |= PCRE2_DOLLAR_ENDONLY;
  if (options.is_ungreedy) flags |= PCRE2_UNGREEDY;
  return flags;
}

}  // namespace

struct Regex::Memory::Parts {
  std::unique_ptr<pcre2_match_data, FreeData> matches{pcre2_match_data_create(16, nullptr)};
  std::unique_ptr<pcre2_match_context, FreeContext> context{pcre2_match_context_create(nullptr)};
  Parts() {
    pcre2_set_match_limit(context.get(), kMatchLimit);
    pcre2_set_depth_limit(context.get(), kDepthLimit);
  }
};

Regex::Memory::Memory() : parts_(std::make_unique<Parts>()) {}
Regex::Memory::~Memory() = default;

struct Regex::Compiled {
  std::unique_ptr<pcre2_code, FreeCode> code;
  std::once_flag is_translated;  // few of many rules ever get as far as their expression
};

Regex::Regex(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}
Regex::~Regex() = default;

Result<std::shared_ptr<const Regex>> Regex::compile(std::string_view pattern, const Options& options) {
  int error = 0;
  PCRE2_SIZE place = 0;
  const auto bytes = as_bytes(pattern);
  auto compiled = std::make_unique<Compiled>();
  compiled->code.reset(pcre2_compile(bytes.data(), bytes.size(), flags(options), &error, &place, nullptr));
  if (compiled->code == nullptr) {
    std::array<PCRE2_UCHAR, 160> text{};
    pcre2_get_error_message(error, text.data(), text.size());
    const auto message = as_text({text.data(), text.size()});
    return fail(ErrorCode::Invalid, "regular expression, at character " + std::to_string(place) + ": " +
                                        std::string(message.substr(0, message.find('\0'))));
  }
  return std::shared_ptr<const Regex>(new Regex(std::move(compiled)));  // NOLINT(cppcoreguidelines-owning-memory)
}

std::optional<Regex::Found> Regex::search(ByteView subject, Memory& memory, unsigned group) const {
  static constexpr std::uint8_t kNothing = 0;
  const auto& own = *memory.parts_;
  std::call_once(compiled_->is_translated, [&] {
    pcre2_jit_compile(compiled_->code.get(), PCRE2_JIT_COMPLETE);  // without JIT the interpreter does it
  });
  const auto* const text = subject.empty() ? &kNothing : subject.data();
  const int count =
      pcre2_match(compiled_->code.get(), text, subject.size(), 0, 0, own.matches.get(), own.context.get());
  if (count < 0 || (count > 0 && group >= static_cast<unsigned>(count))) return std::nullopt;
  const auto* const places = pcre2_get_ovector_pointer(own.matches.get());
  const auto begin = places[2 * group];
  const auto end = places[2 * group + 1];
  if (begin == PCRE2_UNSET || end < begin) return std::nullopt;
  return Found{begin, end};
}

}  // namespace warder::ips
