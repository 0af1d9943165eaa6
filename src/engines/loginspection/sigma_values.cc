// Values of Sigma rules: wildcards, modifiers, encodings; and the fields they are looked for in.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/bytes.h"
#include "base/text.h"
#include "engines/loginspection/sigma.h"

namespace warder::loginspection {

namespace {

using rules::Pattern;
using rules::PatternLanguage;

constexpr std::size_t kMaxForms = 4096;  // of one value, after dashes and encodings

/// Names of the taxonomy for what decoders call otherwise.
struct Alias {
  std::string_view sigma;
  FieldId id;
};
constexpr std::array<Alias, 12> kAliases = {{{"src_ip", field::kSrcIp},
                                             {"SourceIp", field::kSrcIp},
                                             {"c-ip", field::kSrcIp},
                                             {"dst_ip", field::kDstIp},
                                             {"DestinationIp", field::kDstIp},
                                             {"DestinationPort", field::kDstPort},
                                             {"dst_port", field::kDstPort},
                                             {"src_port", field::kSrcPort},
                                             {"cs-uri-query", field::kUrl},
                                             {"cs-uri", field::kUrl},
                                             {"sc-status", field::kId},
                                             {"User", field::kDstUser}}};

struct Modifiers {
  bool contains = false;
  bool starts = false;
  bool ends = false;
  bool is_regex = false;
  bool minds_case = false;
  std::string regex_flags;
  std::vector<std::string_view> transformations;  // base64, wide …, windash, in the order written
  std::optional<SigmaValue::Kind> comparison;
};

Result<Modifiers> read_modifiers(const std::vector<std::string_view>& names) {
  static constexpr std::array<std::pair<std::string_view, SigmaValue::Kind>, 7> kComparisons = {
      {{"lt", SigmaValue::Kind::Less},
       {"lte", SigmaValue::Kind::LessOrEqual},
       {"gt", SigmaValue::Kind::Greater},
       {"gte", SigmaValue::Kind::GreaterOrEqual},
       {"cidr", SigmaValue::Kind::Network},
       {"exists", SigmaValue::Kind::There},
       {"fieldref", SigmaValue::Kind::OtherField}}};
  static constexpr std::array<std::string_view, 7> kTransformations = {"base64",  "base64offset", "wide",   "utf16le",
                                                                       "utf16be", "utf16",        "windash"};
  Modifiers made;
  for (const std::string_view name : names) {
    const auto* const comparison = std::find_if(kComparisons.begin(), kComparisons.end(),
                                                [&](const auto& candidate) { return candidate.first == name; });
    if (comparison != kComparisons.end()) {
      made.comparison = comparison->second;
    } else if (std::find(kTransformations.begin(), kTransformations.end(), name) != kTransformations.end()) {
      made.transformations.push_back(name);
    } else if (name == "contains") {
      made.contains = true;
    } else if (name == "startswith") {
      made.starts = true;
    } else if (name == "endswith") {
      made.ends = true;
    } else if (name == "re") {
      made.is_regex = true;
    } else if (name == "i" || name == "m" || name == "s") {
      made.regex_flags += name;
    } else if (name == "cased") {
      made.minds_case = true;
    } else if (name != "all") {
      return fail(ErrorCode::Invalid, fmt::format("the modifier '{}' is not supported", name));
    }
  }
  return made;
}

/// `*` and `?` as PCRE2; a backslash keeps either from being one.
std::string wildcard_expression(std::string_view value) {
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    char c = value[i];
    if (c == '*' || c == '?') {
      out += c == '*' ? ".*" : ".";
      continue;
    }
    if (c == '\\' && i + 1 < value.size() && (value[i + 1] == '*' || value[i + 1] == '?' || value[i + 1] == '\\')) {
      c = value[++i];
    }
    if (std::string_view("\\^$.[]|()?*+{}#-").find(c) != std::string_view::npos) out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

std::string utf16(std::string_view text, bool is_big_endian) {
  std::string out;
  for (const char c : text) {
    if (is_big_endian) out.push_back('\0');
    out.push_back(c);
    if (!is_big_endian) out.push_back('\0');
  }
  return out;
}

std::string base64_of(std::string_view text) {
  return to_base64(as_bytes(text));
}

/// The three ways a text can stand inside a longer base64 text, without the characters that its neighbours decide.
std::vector<std::string> base64_offsets(std::string_view text) {
  static constexpr std::array<std::size_t, 3> kSkip = {0, 2, 3};
  std::vector<std::string> made;
  for (std::size_t offset = 0; offset < 3; ++offset) {
    std::string encoded = base64_of(std::string(offset, ' ') + std::string(text));
    const std::size_t cut = (text.size() + offset) % 3;
    encoded.resize(encoded.size() - (cut == 0 ? 0 : cut == 1 ? 3 : 2));
    made.push_back(encoded.substr(std::min(kSkip[offset], encoded.size())));
  }
  return made;
}

std::vector<std::string> transform(const std::string& value, std::string_view how) {
  if (how == "base64") return {base64_of(value)};
  if (how == "base64offset") return base64_offsets(value);
  if (how == "wide" || how == "utf16le") return {utf16(value, false)};
  if (how == "utf16be") return {utf16(value, true)};
  if (how == "utf16") return {"\xff\xfe" + utf16(value, false), "\xfe\xff" + utf16(value, true)};
  // windash: an option's dash is any of these
  std::vector<std::string> made;
  for (const std::string_view dash : {"-", "/", "\xe2\x80\x93", "\xe2\x80\x94", "\xe2\x80\x95"}) {
    std::string form;
    for (std::size_t i = 0; i < value.size(); ++i) {
      const bool is_option = value[i] == '-' && (i == 0 || value[i - 1] == ' ');
      is_option ? form.append(dash) : form.append(1, value[i]);
    }
    if (std::find(made.begin(), made.end(), form) == made.end()) made.push_back(std::move(form));
  }
  return made;
}

Result<SigmaValue> make_pattern(const std::string& text, const Modifiers& modifiers) {
  SigmaValue made;
  const bool minds_case = modifiers.minds_case || modifiers.is_regex;
  std::string expression;
  if (modifiers.is_regex) {
    expression = modifiers.regex_flags.empty() ? text : "(?" + modifiers.regex_flags + ")" + text;
  } else {
    expression = "(?s)";
    if (!modifiers.contains && !modifiers.ends) expression += "^";
    expression += wildcard_expression(text);
    if (!modifiers.contains && !modifiers.starts) expression += "\\z";
  }
  made.pattern = std::make_shared<const Pattern>(
      WD_TRY(Pattern::compile(minds_case ? PatternLanguage::Pcre2 : PatternLanguage::Pcre2Caseless, expression)));
  return made;
}

Result<SigmaValue> make_comparison(const std::string& text, SigmaValue::Kind kind, FieldNames& names) {
  SigmaValue made;
  made.kind = kind;
  if (kind == SigmaValue::Kind::Network) {
    WD_TRY(made.network.add(text));
  } else if (kind == SigmaValue::Kind::There) {
    made.is_wanted = to_lower_ascii(text) != "false" && to_lower_ascii(text) != "no";
  } else if (kind == SigmaValue::Kind::OtherField) {
    made.other = make_sigma_field(text, false, names);
  } else {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), made.number);
    if (error != std::errc{} || end != text.data() + text.size()) {
      return fail(ErrorCode::Invalid, fmt::format("'{}' is no number", text));
    }
  }
  return made;
}

}  // namespace

SigmaField make_sigma_field(std::string_view name, bool is_audit, FieldNames& names) {
  SigmaField made;
  made.name = name;
  made.is_in_text = is_audit;
  if (const auto fixed = decoded_field(name)) made.ids.push_back(*fixed);
  for (const Alias& alias : kAliases) {
    if (equals_ignoring_case(alias.sigma, name)) made.ids.push_back(alias.id);
  }
  made.ids.push_back(names.number(name));
  if (is_audit) {
    made.ids.push_back(names.number("audit." + std::string(name)));
    made.ids.push_back(names.number("audit.execve." + std::string(name)));
  }
  return made;
}

Result<std::vector<SigmaValue>> make_sigma_values(const std::vector<std::string>& values,
                                                  const std::vector<bool>& is_null,
                                                  const std::vector<std::string_view>& modifiers, FieldNames& names) {
  const Modifiers read = WD_TRY(read_modifiers(modifiers));
  std::vector<SigmaValue> made;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (is_null[i]) {
      made.emplace_back().kind = SigmaValue::Kind::Null;
      continue;
    }
    if (read.comparison) {
      made.push_back(WD_TRY(make_comparison(values[i], *read.comparison, names)));
      continue;
    }
    std::vector<std::string> forms = {values[i]};
    for (const std::string_view how : read.transformations) {
      std::vector<std::string> next;
      for (const auto& form : forms) {
        for (auto& changed : transform(form, how)) next.push_back(std::move(changed));
      }
      if (next.size() > kMaxForms) return fail(ErrorCode::TooLarge, "a value has too many forms");
      forms = std::move(next);
    }
    if (forms.size() == 1) {
      made.push_back(WD_TRY(make_pattern(forms[0], read)));
      continue;
    }
    // Any of the forms is the one value.
    Modifiers as_regex = read;
    std::string expression = read.minds_case ? "(?s)" : "(?si)";
    expression += read.contains || read.ends ? "(?:" : "^(?:";
    for (std::size_t form = 0; form < forms.size(); ++form) {
      expression += (form == 0 ? "" : "|") + wildcard_expression(forms[form]);
    }
    expression += read.contains || read.starts ? ")" : ")\\z";
    as_regex.is_regex = true;
    as_regex.regex_flags.clear();
    made.push_back(WD_TRY(make_pattern(expression, as_regex)));
  }
  return made;
}

}  // namespace warder::loginspection
