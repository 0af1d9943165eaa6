#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "engines/loginspection/decoder.h"
#include "engines/loginspection/xml_text.h"

namespace warder::loginspection {

namespace {

using rules::Pattern;
using rules::PatternLanguage;
using rules::XmlElement;

constexpr std::size_t kMaxOrder = 256;

/// Of the originals' parts that look at other things than logs: rules may name them, no line has them.
constexpr std::array<std::string_view, 18> kOtherDecoders = {"rootcheck",
                                                             "syscheck_integrity_changed",
                                                             "syscheck_integrity_changed_2nd",
                                                             "syscheck_integrity_changed_3rd",
                                                             "syscheck_new_entry",
                                                             "syscheck_deleted",
                                                             "syscheck_registry_key_modified",
                                                             "syscheck_registry_key_added",
                                                             "syscheck_registry_key_deleted",
                                                             "syscheck_registry_value_modified",
                                                             "syscheck_registry_value_added",
                                                             "syscheck_registry_value_deleted",
                                                             "hostinfo_new",
                                                             "hostinfo_modified",
                                                             "syscollector",
                                                             "ciscat",
                                                             "windows_eventchannel",
                                                             "sca"};

/// A pattern that may be spread over several elements.
struct PatternText {
  std::string text;
  PatternLanguage language = PatternLanguage::OsRegex;
  bool is_there = false;

  void append(const XmlElement& element, PatternLanguage of_element) {
    text += element.text;
    language = of_element;
    is_there = true;
  }
};

class DecoderLoader {
 public:
  DecoderLoader(Dialect dialect, FieldNames& names) : dialect_(dialect), names_(names) {}

  void read(const SourceText& source) {
    ProblemLog log(source.name, load_.problems);
    for (const XmlElement& root : read_roots(source.text, log)) {
      if (!equals_ignoring_case(root.name, "decoder")) {
        log.error(root.line, fmt::format("<{}> where only <decoder> can stand", root.name));
        continue;
      }
      auto decoder = read_decoder(root, log);
      if (!decoder) {
        log.error(root.line, std::move(decoder).error().message);
        continue;
      }
      if (const auto added = add(std::move(*decoder)); !added) log.error(root.line, added.error().message);
    }
  }

  DecoderLoad finish() && {
    for (Decoder& decoder : load_.decoders.all) load_.decoders.ids.emplace(decoder.own_name, 0);
    for (const std::string_view name : kOtherDecoders) load_.decoders.ids.emplace(name, 0);
    std::uint32_t id = 0;
    for (auto& [name, number] : load_.decoders.ids) number = ++id;
    load_.decoders.max_id = id;
    auto& all = load_.decoders.all;
    for (Decoder& decoder : all) {
      if (!decoder.parent.empty()) continue;
      decoder.name = decoder.own_name;
      for (const std::uint32_t child : decoder.children) {
        all[child].name = all[child].uses_own_name ? all[child].own_name : decoder.own_name;
      }
    }
    for (Decoder& decoder : all) decoder.id = load_.decoders.id_of(decoder.name);
    return std::move(load_);
  }

 private:
  Result<Decoder> read_decoder(const XmlElement& root, const ProblemLog& log) {
    const std::string* const name = root.attribute("name");
    if (name == nullptr || name->empty()) return fail(ErrorCode::Invalid, "a decoder without a name");
    Decoder made;
    made.own_name = *name;
    made.file = log.file();
    made.line = root.line;
    Parts parts;
    for (const XmlElement& element : root.children) {
      WD_TRY(read_element(element, made, parts).in(fmt::format("decoder {}", *name)));
    }
    WD_TRY(finish_decoder(made, parts).in("decoder " + *name));
    return made;
  }

  struct Parts {
    PatternText program_name{{}, PatternLanguage::OsMatch, false};
    PatternText prematch;
    PatternText regex;
  };

  Result<void> read_element(const XmlElement& element, Decoder& made, Parts& parts) {
    const std::string name = to_lower_ascii(element.name);
    if (name == "parent") {
      made.parent += element.text;
    } else if (name == "program_name" || name == "program_name_pcre2") {
      parts.program_name.append(element, language_of(element, PatternLanguage::OsMatch));
    } else if (name == "prematch" || name == "prematch_pcre2") {
      made.prematch_offset = WD_TRY(offset_of(element, made.prematch_offset));
      parts.prematch.append(element, language_of(element, PatternLanguage::OsRegex));
    } else if (name == "regex" || name == "pcre2") {
      made.regex_offset = WD_TRY(offset_of(element, made.regex_offset));
      parts.regex.append(element, language_of(element, PatternLanguage::OsRegex));
    } else if (name == "order") {
      WD_TRY(read_order(element, made));
    } else if (name == "fts") {
      read_first_seen(element, made);
    } else if (name == "type") {
      const auto category = parse_category(element.text);
      if (!category) return fail(ErrorCode::Invalid, fmt::format("there is no type '{}'", element.text));
      made.category = *category;
    } else if (name == "use_own_name") {
      made.uses_own_name = element.text == "true";
    } else if (name == "accumulate") {
      made.accumulates = true;
    } else if (name == "json_null_field") {
      made.keeps_json_null = element.text != "discard";
    } else if (name == "json_array_structure") {
      made.lists_json_arrays = element.text == "csv";
    } else if (name == "plugin_decoder") {
      made.plugin = find_plugin(element.text);
      if (made.plugin == nullptr) return fail(ErrorCode::Invalid, fmt::format("there is no plugin '{}'", element.text));
      made.plugin_offset = WD_TRY(offset_of(element, Offset::Start));
    } else if (name != "ftscomment") {
      return fail(ErrorCode::Invalid, fmt::format("<{}> is not known", element.name));
    }
    return {};
  }

  [[nodiscard]] PatternLanguage language_of(const XmlElement& element, PatternLanguage usual) const {
    if (element.name.ends_with("pcre2")) return PatternLanguage::Pcre2Caseless;
    const std::string* const type = element.attribute("type");
    if (type == nullptr || dialect_ == Dialect::Ossec) return usual;
    return parse_pattern_language(*type).value_or(usual);
  }

  static Result<Offset> offset_of(const XmlElement& element, Offset present) {
    const std::string* const offset = element.attribute("offset");
    if (offset == nullptr) return present;
    if (equals_ignoring_case(*offset, "after_parent")) return Offset::AfterParent;
    if (equals_ignoring_case(*offset, "after_prematch")) return Offset::AfterPrematch;
    if (equals_ignoring_case(*offset, "after_regex")) return Offset::AfterRegex;
    return fail(ErrorCode::Invalid, fmt::format("there is no offset '{}'", *offset));
  }

  Result<void> read_order(const XmlElement& element, Decoder& made) {
    for (const std::string_view word : words_of(element.text)) {
      std::optional<FieldId> id = decoded_field(word);
      // To OSSEC both are one field.
      if (id == field::kExtraData && dialect_ == Dialect::Ossec) id = field::kData;
      if (!id && dialect_ == Dialect::Ossec) {
        return fail(ErrorCode::Invalid, fmt::format("there is no field '{}'", word));
      }
      made.order.push_back({std::string(word), id ? *id : names_.number(word)});
    }
    if (made.order.size() > kMaxOrder) return fail(ErrorCode::TooLarge, "more than 256 fields");
    return {};
  }

  void read_first_seen(const XmlElement& element, Decoder& made) {
    made.has_first_seen = true;
    for (const std::string_view word : words_of(element.text)) {
      if (word == "name") continue;  // always part of the key
      if (word == "location") {
        made.first_seen_by_location = true;
      } else {
        std::optional<FieldId> id = decoded_field(word);
        if (id == field::kExtraData) id = field::kData;
        made.first_seen.push_back(id ? *id : names_.number(word));
      }
    }
  }

  static Result<void> finish_decoder(Decoder& made, const Parts& parts) {
    if (!parts.prematch.is_there && made.parent.empty() && !parts.program_name.is_there) {
      return fail(ErrorCode::Invalid, "needs a prematch, a program_name or a parent");
    }
    if (parts.regex.is_there == made.order.empty() || (!parts.regex.is_there && made.has_first_seen)) {
      return fail(ErrorCode::Invalid, "regex and order come together, fts only with them");
    }
    if (made.plugin != nullptr && parts.regex.is_there) {
      return fail(ErrorCode::Invalid, "has both a plugin and a regex");
    }
    WD_TRY(check_offsets(made, parts.prematch.is_there));
    const auto compile = [](const PatternText& part, std::optional<Pattern>& to) -> Result<void> {
      if (part.is_there) to.emplace(WD_TRY(Pattern::compile(part.language, part.text)));
      return {};
    };
    WD_TRY(compile(parts.program_name, made.program_name).in("program_name"));
    WD_TRY(compile(parts.prematch, made.prematch).in("prematch"));
    WD_TRY(compile(parts.regex, made.regex).in("regex"));
    if (made.regex && made.regex->group_count() == 0) return fail(ErrorCode::Invalid, "regex: has no group");
    return {};
  }

  static Result<void> check_offsets(Decoder& made, bool has_prematch) {
    const bool has_parent = !made.parent.empty();
    if (made.regex_offset == Offset::AfterPrematch && !has_parent)
      made.regex_offset = Offset::AfterParent;
    else if (made.regex_offset == Offset::AfterPrematch && !has_prematch) {
      return fail(ErrorCode::Invalid, "after_prematch without a prematch");
    } else if ((made.regex_offset == Offset::AfterParent || made.regex_offset == Offset::AfterRegex) && !has_parent) {
      return fail(ErrorCode::Invalid, "after_parent and after_regex need a parent");
    }
    if (made.prematch_offset != Offset::Start && (made.prematch_offset != Offset::AfterParent || !has_parent)) {
      return fail(ErrorCode::Invalid, "a prematch can only be after_parent, of a parent");
    }
    if (made.plugin_offset == Offset::AfterParent && !has_parent) {
      return fail(ErrorCode::Invalid, "after_parent needs a parent");
    }
    return {};
  }

  Result<void> add(Decoder made) {
    auto& set = load_.decoders;
    const auto index = static_cast<std::uint32_t>(set.all.size());
    if (made.parent.empty()) {
      (made.program_name ? set.by_program : set.by_text).push_back(index);
      tops_[made.own_name].push_back(index);
    } else {
      const auto parents = tops_.find(made.parent);
      if (parents == tops_.end()) {
        return fail(ErrorCode::Invalid, fmt::format("decoder {}: there is no parent '{}'", made.own_name, made.parent));
      }
      for (const std::uint32_t parent : parents->second) WD_TRY(join_siblings(set.all[parent], made));
      for (const std::uint32_t parent : parents->second) set.all[parent].children.push_back(index);
    }
    set.all.push_back(std::move(made));
    return {};
  }

  /// Siblings of one name go on after one another.
  Result<void> join_siblings(const Decoder& parent, const Decoder& made) {
    bool has_regex_before = false;
    for (const std::uint32_t index : parent.children) {
      Decoder& sibling = load_.decoders.all[index];
      if (sibling.own_name != made.own_name) continue;
      if (made.prematch || made.has_first_seen) {
        return fail(ErrorCode::Invalid,
                    fmt::format("decoder {}: only the first of that name can have prematch and fts", made.own_name));
      }
      if ((!sibling.regex && sibling.plugin == nullptr) || (!made.regex && made.plugin == nullptr)) {
        return fail(ErrorCode::Invalid, fmt::format("decoder {}: is there twice", made.own_name));
      }
      sibling.goes_on = true;
      has_regex_before = true;
    }
    if (made.regex_offset == Offset::AfterRegex && !has_regex_before) {
      return fail(ErrorCode::Invalid, fmt::format("decoder {}: after_regex without a regex before", made.own_name));
    }
    return {};
  }

  Dialect dialect_;
  FieldNames& names_;
  DecoderLoad load_;
  std::map<std::string, std::vector<std::uint32_t>> tops_;
};

}  // namespace

DecoderLoad load_decoders(const Definition& definition, FieldNames& names) {
  DecoderLoader loader(definition.dialect, names);
  for (const SourceText& source : definition.decoders) loader.read(source);
  return std::move(loader).finish();
}

}  // namespace warder::loginspection
