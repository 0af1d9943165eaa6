#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>

#include "base/text.h"
#include "base/time.h"
#include "engines/loginspection/sigma.h"

namespace warder::loginspection {

namespace {

constexpr std::size_t kMaxValues = 10'000;
constexpr std::size_t kMaxDepth = 16;

std::string text_at(const YAML::Node& node, const char* key) {
  const YAML::Node child = node[key];
  return child && child.IsScalar() ? child.Scalar() : std::string();
}

/// yaml-cpp 0.7 reads what stands behind a document's end ("a: b}") as one empty document after another, without end:
/// each must begin behind the one before.
class EndsSomewhere final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (last_ && mark.pos <= *last_) throw YAML::ParserException(mark, "something stands behind a document's end");
    last_ = mark.pos;
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {}
  void OnAlias(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {}
  void OnScalar(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                const std::string& /*value*/) override {}
  void OnSequenceStart(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                       YAML::EmitterStyle::value /*style*/) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {}
  void OnMapEnd() override {}

 private:
  std::optional<int> last_;
};

std::vector<YAML::Node> load_documents(const std::string& text) {
  std::istringstream in(text);
  YAML::Parser parser(in);
  EndsSomewhere handler;
  while (parser.HandleNextDocument(handler)) continue;
  return YAML::LoadAll(text);
}

/// On the scale of Rule::level.
unsigned level_of(std::string_view name) noexcept {
  if (name == "critical") return 13;
  if (name == "high") return 10;
  if (name == "low") return 4;
  if (name == "informational") return 2;
  return 7;
}

/// attack.t1110.001 is T1110.001.
std::vector<std::string> attack_ids(const std::vector<std::string>& tags) {
  std::vector<std::string> ids;
  for (const auto& tag : tags) {
    const std::string lower = to_lower_ascii(tag);
    const bool is_technique = lower.starts_with("attack.t") && lower.size() > 8 && lower[8] >= '0' && lower[8] <= '9';
    if (is_technique) ids.push_back("T" + lower.substr(8));
  }
  return ids;
}

SigmaRule read_info(const YAML::Node& document, const std::string& file) {
  SigmaRule info;
  info.id = text_at(document, "id");
  info.title = text_at(document, "title");
  info.author = text_at(document, "author");
  info.level = level_of(text_at(document, "level"));
  info.file = file;
  info.line = static_cast<std::size_t>(document.Mark().line + 1);
  if (const YAML::Node tags = document["tags"]; tags && tags.IsSequence()) {
    for (const YAML::Node& tag : tags) {
      if (tag.IsScalar()) info.tags.push_back(tag.Scalar());
    }
  }
  info.mitre = attack_ids(info.tags);
  return info;
}

struct ServicePrograms {
  std::string_view service;
  std::vector<std::string> programs;
};
const std::vector<ServicePrograms>& services() {
  static const std::vector<ServicePrograms> kServices = {{"sshd", {"sshd"}},
                                                         {"sudo", {"sudo"}},
                                                         {"cron", {"cron", "crond"}},
                                                         {"vsftpd", {"vsftpd"}},
                                                         {"clamav", {"clamd", "freshclam", "clamav"}},
                                                         {"guacamole", {"guacd"}},
                                                         {"modsecurity", {}},
                                                         {"auth", {}},
                                                         {"syslog", {}},
                                                         {"cups", {"cupsd"}},
                                                         {"su", {"su"}}};
  return kServices;
}

Result<SigmaSource> read_source(const YAML::Node& document) {
  SigmaSource made;
  const YAML::Node source = document["logsource"];
  if (!source || !source.IsMap()) return fail(ErrorCode::Invalid, "has no logsource");
  const std::string product = text_at(source, "product");
  const std::string category = text_at(source, "category");
  const std::string service = text_at(source, "service");
  static constexpr std::string_view kOthers[] = {"windows", "macos", "azure", "aws", "gcp", "m365", "okta", "cisco"};
  if (std::find(std::begin(kOthers), std::end(kOthers), product) != std::end(kOthers)) {
    return fail(ErrorCode::Invalid, fmt::format("logsource: the product '{}' is not one of this host's", product));
  }
  if (service == "auditd") made.is_audit = true;
  if (category == "webserver" || product == "apache" || product == "nginx") made.is_web = category == "webserver";
  for (const auto& row : services()) {
    if (row.service == service) made.programs = row.programs;
  }
  if (category == "process_creation" || category == "file_event" || category == "network_connection")
    made.is_audit = false;
  return made;
}

/// Reads what stands under `detection`.
class DetectionReader {
 public:
  DetectionReader(bool is_audit, FieldNames& names) : is_audit_(is_audit), names_(names) {}

  Result<SigmaNode> read(const YAML::Node& detection) {
    if (!detection || !detection.IsMap()) return fail(ErrorCode::Invalid, "has no detection");
    std::vector<std::pair<std::string, SigmaNode>> parts;
    for (const auto& entry : detection) {
      const std::string name = entry.first.Scalar();
      if (name == "condition") continue;
      if (name == "timeframe") return fail(ErrorCode::Invalid, "timeframe is not supported: use a correlation");
      parts.emplace_back(name, WD_TRY(part(entry.second, 0).in(name)));
    }
    const YAML::Node condition = detection["condition"];
    if (!condition) return fail(ErrorCode::Invalid, "has no condition");
    if (condition.IsScalar()) return parse_sigma_condition(condition.Scalar(), parts);
    SigmaNode any;
    any.kind = SigmaNode::Kind::Any;
    for (const YAML::Node& one : condition) {
      if (!one.IsScalar()) return fail(ErrorCode::Invalid, "condition: is not text");
      any.children.push_back(WD_TRY(parse_sigma_condition(one.Scalar(), parts)));
    }
    if (any.children.empty()) return fail(ErrorCode::Invalid, "condition: is empty");
    return any;
  }

 private:
  /// A map: all of its fields; a list of maps: any of them; a list of texts: any of these words.
  Result<SigmaNode> part(const YAML::Node& node, std::size_t depth) {
    if (depth > kMaxDepth) return fail(ErrorCode::TooLarge, "nested too deeply");
    if (node.IsMap()) {
      SigmaNode all;
      for (const auto& entry : node) all.children.push_back(WD_TRY(field(entry.first.Scalar(), entry.second)));
      if (all.children.empty()) return fail(ErrorCode::Invalid, "is empty");
      return all;
    }
    if (node.IsScalar()) return words("", node);
    if (!node.IsSequence() || node.size() == 0) return fail(ErrorCode::Invalid, "is neither fields nor words");
    if (!node[0].IsMap()) return words("", node);
    SigmaNode any;
    any.kind = SigmaNode::Kind::Any;
    for (const YAML::Node& child : node) any.children.push_back(WD_TRY(part(child, depth + 1)));
    return any;
  }

  Result<SigmaNode> field(const std::string& key, const YAML::Node& value) {
    const std::size_t bar = key.find('|');
    const std::string name = key.substr(0, bar);
    const std::string modifiers = bar == std::string::npos ? "" : key.substr(bar + 1);
    if (name.empty()) return words(modifiers, value);
    SigmaNode made;
    made.kind = SigmaNode::Kind::Field;
    made.field = make_sigma_field(name, is_audit_, names_);
    WD_TRY(set_values(made, modifiers, value).in(key));
    return made;
  }

  /// Words anywhere in the line.
  Result<SigmaNode> words(const std::string& modifiers, const YAML::Node& value) {
    SigmaNode made;
    made.kind = SigmaNode::Kind::Keyword;
    const bool is_own = modifiers.find("re") != std::string::npos || modifiers.find("contains") != std::string::npos;
    WD_TRY(set_values(made, is_own ? modifiers : modifiers.empty() ? "contains" : modifiers + "|contains", value));
    return made;
  }

  Result<void> set_values(SigmaNode& made, const std::string& modifiers, const YAML::Node& value) {
    std::vector<std::string> texts;
    std::vector<bool> is_null;
    const auto add = [&](const YAML::Node& one) -> Result<void> {
      if (!one.IsScalar() && !one.IsNull())
        return fail(ErrorCode::Invalid, "has a value that is neither text nor null");
      if (++value_count_ > kMaxValues) return fail(ErrorCode::TooLarge, "has more than 10000 values");
      is_null.push_back(one.IsNull());
      texts.push_back(one.IsNull() ? std::string() : one.Scalar());
      return {};
    };
    if (value.IsSequence()) {
      for (const YAML::Node& one : value) WD_TRY(add(one));
    } else {
      WD_TRY(add(value));
    }
    std::vector<std::string_view> names;
    for (const std::string_view name : split(modifiers, '|')) {
      if (!name.empty()) names.push_back(name);
    }
    made.needs_all_values = std::find(names.begin(), names.end(), "all") != names.end();
    made.values = WD_TRY(make_sigma_values(texts, is_null, names, names_));
    if (made.values.empty()) return fail(ErrorCode::Invalid, "has no value");
    return {};
  }

  bool is_audit_;
  FieldNames& names_;
  std::size_t value_count_ = 0;
};

class SigmaLoader {
 public:
  explicit SigmaLoader(FieldNames& names) : names_(names) {}

  void read(const SourceText& source) {
    try {
      for (const YAML::Node& document : load_documents(source.text)) {
        if (document.IsMap()) documents_.push_back({source.name, document});
      }
    } catch (const YAML::Exception& error) {
      load_.problems.push_back({source.name, static_cast<std::size_t>(error.mark.line + 1), error.msg, true});
    }
  }

  SigmaLoad finish() && {
    for (const auto& [file, document] : documents_) {
      if (!document["correlation"]) try_one(file, document, &SigmaLoader::add_rule);
    }
    for (const auto& [file, document] : documents_) {
      if (document["correlation"]) try_one(file, document, &SigmaLoader::add_correlation);
    }
    return std::move(load_);
  }

 private:
  struct Document {
    std::string file;
    YAML::Node node;
  };

  void try_one(const std::string& file, const YAML::Node& document,
               Result<void> (SigmaLoader::*add)(const std::string&, const YAML::Node&)) {
    const auto line = static_cast<std::size_t>(document.Mark().line + 1);
    std::string message;
    try {
      const auto added = (this->*add)(file, document);
      if (added) return;
      message = added.error().message;
    } catch (const YAML::Exception& error) {
      message = error.msg;
    }
    load_.problems.push_back(
        {file, line, fmt::format("Sigma rule '{}': {}", text_at(document, "title"), message), true});
  }

  Result<void> add_rule(const std::string& file, const YAML::Node& document) {
    CompiledSigmaRule made;
    made.info = read_info(document, file);
    made.name = text_at(document, "name");
    if (made.info.title.empty()) return fail(ErrorCode::Invalid, "has no title");
    made.source = WD_TRY(read_source(document));
    made.condition = WD_TRY(DetectionReader(made.source.is_audit, names_).read(document["detection"]));
    const auto index = static_cast<std::uint32_t>(load_.set.rules.size());
    if (!made.info.id.empty()) index_of_[made.info.id] = index;
    if (!made.name.empty()) index_of_[made.name] = index;
    load_.set.rules.push_back(std::move(made));
    return {};
  }

  Result<void> add_correlation(const std::string& file, const YAML::Node& document) {
    const YAML::Node node = document["correlation"];
    if (!node.IsMap()) return fail(ErrorCode::Invalid, "correlation: is no map");
    SigmaCorrelation made;
    made.info = read_info(document, file);
    if (made.info.id.empty()) made.info.id = text_at(document, "name");
    made.kind = WD_TRY(kind_of(text_at(node, "type")));
    if (node["aliases"]) return fail(ErrorCode::Invalid, "correlation: aliases are not supported");
    for (const std::string& name : texts_at(node, "rules")) {
      const auto found = index_of_.find(name);
      if (found == index_of_.end())
        return fail(ErrorCode::Invalid, fmt::format("correlation: there is no rule '{}'", name));
      made.rules.push_back(found->second);
    }
    if (made.rules.empty()) return fail(ErrorCode::Invalid, "correlation: names no rules");
    for (const std::string& name : texts_at(node, "group-by")) {
      made.group_by.push_back(make_sigma_field(name, load_.set.rules[made.rules[0]].source.is_audit, names_));
    }
    const auto timespan = parse_duration(text_at(node, "timespan"));
    if (!timespan) return fail(ErrorCode::Invalid, fmt::format("correlation: timespan: {}", timespan.error().message));
    made.timespan_s = timespan->count();
    if (const YAML::Node condition = node["condition"]) WD_TRY(read_condition(condition, made));
    if (made.kind == SigmaCorrelation::Kind::ValueCount && made.values.empty()) {
      return fail(ErrorCode::Invalid, "correlation: value_count needs condition: field");
    }
    const YAML::Node generate = node["generate"];
    const bool reports_parts = generate && generate.IsScalar() && generate.Scalar() == "true";
    if (!reports_parts) {
      for (const std::uint32_t rule : made.rules) load_.set.rules[rule].is_reported = false;
    }
    load_.set.correlations.push_back(std::move(made));
    return {};
  }

  static Result<SigmaCorrelation::Kind> kind_of(const std::string& name) {
    if (name == "event_count") return SigmaCorrelation::Kind::EventCount;
    if (name == "value_count") return SigmaCorrelation::Kind::ValueCount;
    if (name == "temporal") return SigmaCorrelation::Kind::Temporal;
    if (name == "temporal_ordered") return SigmaCorrelation::Kind::TemporalOrdered;
    return fail(ErrorCode::Invalid, fmt::format("correlation: the type '{}' is not supported", name));
  }

  Result<void> read_condition(const YAML::Node& condition, SigmaCorrelation& made) {
    if (!condition.IsMap()) return fail(ErrorCode::Invalid, "correlation: condition is no map");
    for (const auto& entry : condition) {
      const std::string name = entry.first.Scalar();
      if (name == "field") {
        made.values.push_back(make_sigma_field(entry.second.Scalar(), false, names_));
        continue;
      }
      const double number = entry.second.as<double>();
      if (name == "gte") {
        made.at_least = number;
      } else if (name == "gt") {
        made.at_least = number + 1;
      } else if (name == "eq") {
        made.at_least = number;
        made.is_exactly = true;
      } else {
        return fail(ErrorCode::Invalid, fmt::format("correlation: the condition '{}' is not supported", name));
      }
    }
    return {};
  }

  static std::vector<std::string> texts_at(const YAML::Node& node, const char* key) {
    std::vector<std::string> texts;
    const YAML::Node child = node[key];
    if (!child) return texts;
    if (child.IsScalar()) return {child.Scalar()};
    for (const YAML::Node& one : child) texts.push_back(one.Scalar());
    return texts;
  }

  FieldNames& names_;
  std::vector<Document> documents_;
  std::map<std::string, std::uint32_t> index_of_;
  SigmaLoad load_;
};

}  // namespace

SigmaLoad load_sigma(const Definition& definition, FieldNames& names) {
  SigmaLoader loader(names);
  for (const SourceText& source : definition.sigma) loader.read(source);
  return std::move(loader).finish();
}

}  // namespace warder::loginspection
