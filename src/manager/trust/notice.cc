#include "manager/trust/notice.h"

#include <array>

#include "base/json.h"
#include "base/markup.h"
#include "engines/inventory/item.h"
#include "model/event_fields.h"

namespace warder::manager {
namespace {

struct Purpose {
  std::string_view module;
  std::string_view en;
  std::string_view ja;
};
constexpr auto kPurposes = std::to_array<Purpose>({
    {"anti-malware", "To find and stop malicious files.", "悪意のあるファイルを検出し、阻止するため。"},
    {"firewall", "To allow and refuse connections, and to show which.", "接続を許可または拒否し、その記録を示すため。"},
    {"ips", "To find and stop attacks in network traffic.", "ネットワーク通信に含まれる攻撃を検出し、阻止するため。"},
    {"integrity", "To find changes of files and settings, and who made them.",
     "ファイルや設定の変更と、変更した者を把握するため。"},
    {"log-inspection", "To find what matters for security in logs.", "ログから安全に関わる事象を見つけるため。"},
    {"inventory", "To know what there is to protect on a host.", "ホスト上の保護対象を把握するため。"},
    {"manager", "To tell people of what needs them, and to keep a record.",
     "対応が必要な事象を知らせ、記録を残すため。"},
});

/// What a tenant can do about it.
struct Choice {
  std::string_view about;
  std::string_view en;
  std::string_view ja;
};
constexpr auto kChoices = std::to_array<Choice>({
    {"collection",
     "Each tenant can switch the collection of a field off, or have pseudonyms of users and addresses, by module. It "
     "holds "
     "before anything is stored or forwarded.",
     "各テナントは、モジュールごとに項目の収集を停止し、またはユーザーとアドレスを仮名にすることができます。保存や転送"
     "の前"
     "に適用されます。"},
    {"retention", "Events are kept for the days that the tenant sets for each module, and then removed.",
     "イベントは、テナントがモジュールごとに定めた日数のあいだ保持され、その後削除されます。"},
    {"export", "Each tenant can export everything that is kept of it, with a receipt.",
     "各テナントは、保持されている全データを受領証とともに書き出すことができます。"},
    {"erase", "When a tenant ends, its keys are destroyed first, then its data.",
     "テナントの終了時には、まず鍵を破棄し、続いてデータを消去します。"},
});

struct Telling {
  std::string_view prefix;  // of fields
  std::array<std::string_view, 4> modules;
};
constexpr auto kTellings = std::to_array<Telling>({
    {"alert.", {"manager"}},
    {"audit.", {"manager"}},
    {"change.", {"integrity"}},
    {"destination.", {"firewall", "ips", "log-inspection"}},
    {"entity.", {"integrity"}},
    {"file.", {"integrity", "anti-malware"}},
    {"incident.", {"manager"}},
    {"log.", {"log-inspection"}},
    {"malware.", {"anti-malware"}},
    {"notice.", {"manager"}},
    {"packet.", {"ips"}},
    {"process.", {"integrity", "anti-malware"}},
    {"rule.", {"log-inspection", "ips"}},
    {"source.", {"firewall", "ips", "log-inspection"}},
    {"user.", {"integrity", "log-inspection", "manager"}},
});

json::object field(std::string_view key, PersonalData data, std::string_view doc) {
  return {{"field", key}, {"class", name(data)}, {"doc", doc}};
}

json::array fields_of(std::string_view module) {
  json::array fields;
  for (const EventField& each : event_fields()) {
    if (each.personal_data == PersonalData::None) continue;
    const auto telling = modules_telling(each.key);
    if (std::ranges::find(telling, module) != telling.end())
      fields.push_back(field(each.key, each.personal_data, each.doc));
  }
  if (module != "inventory") return fields;
  for (const inventory::KindRow& kind : inventory::kinds())
    for (const inventory::AttributeRow& each : kind.attributes)
      if (each.personal_data != PersonalData::None)
        fields.push_back(field(std::string(kind.name) + "." + std::string(each.key), each.personal_data, each.doc));
  return fields;
}

void add_stored(json::array& stored, std::span<const FeatureSchema> schemas) {
  for (const FeatureSchema& schema : schemas) {
    json::array columns;
    for (const StoredField& each : schema.fields) {
      if (each.personal_data == PersonalData::None || each.personal_data == PersonalData::Secret) continue;
      columns.push_back(json::object{{"field", std::string(each.table) + "." + std::string(each.column)},
                                     {"class", name(each.personal_data)},
                                     {"sealed", !each.sealed_row.empty()}});
    }
    if (!columns.empty()) stored.push_back(json::object{{"feature", schema.feature}, {"fields", std::move(columns)}});
  }
}

struct Words {
  std::string_view title, intro, field, kind, meaning, choices, stored, sealed, versions, back;
};
constexpr Words kEnglish = {
    "Data Collection Notice",
    "Which data about people each module tells the manager, and why. It is made from the declarations that the "
    "program works by. Classes: identifier (names an account, an address or a machine of somebody), contact, content "
    "(may say anything).",
    "Field",
    "Class",
    "Meaning",
    "What a tenant can choose",
    "What the manager stores about people",
    "encrypted",
    "Versions",
    "Trust Center"};
constexpr Words kJapanese = {
    "データ収集に関する通知",
    "各モジュールがマネージャーに送る、人に関するデータとその目的です。プログラムの動作のもとになる宣言から作成されてい"
    "ます。"
    "区分: identifier（アカウント、アドレス、機器を示すもの）、contact（連絡先）、content（任意の内容を含み得るもの）。"
    "項目の説明は英語です。",
    "項目",
    "区分",
    "意味",
    "テナントが選べること",
    "マネージャーが保存する、人に関する項目",
    "暗号化",
    "版",
    "トラストセンター"};

std::string text_of(const json::value& value) {
  return escape_html(std::string_view(value.as_string()));
}

void add_module(std::string& html, const json::value& module, const Words& words, const char* language) {
  html += "<section id=\"" + text_of(module.at("module")) + "\"><h2>" + text_of(module.at("module")) + "</h2><p>" +
          text_of(module.at("purpose").at(language)) + "</p>";
  html.append("<table><thead><tr><th>").append(words.field).append("</th><th>").append(words.kind);
  html.append("</th><th>").append(words.meaning).append("</th></tr></thead><tbody>\n");
  for (const json::value& each : module.at("fields").as_array())
    html += "<tr><td>" + text_of(each.at("field")) + "</td><td>" + text_of(each.at("class")) + "</td><td>" +
            text_of(each.at("doc")) + "</td></tr>\n";
  html += "</tbody></table></section>\n";
}

void add_choices(std::string& html, const json::value& notice, const Words& words, const char* language) {
  html.append("<section id=\"choices\"><h2>").append(words.choices).append("</h2><ul>\n");
  for (const json::value& choice : notice.at("choices").as_array())
    html += "<li>" + text_of(choice.at(language)) + "</li>\n";
  html += "</ul></section>\n";
}

void add_stored_page(std::string& html, const json::value& notice, const Words& words) {
  html.append("<section id=\"stored\"><h2>").append(words.stored).append("</h2><table><tbody>\n");
  for (const json::value& feature : notice.at("stored").as_array()) {
    for (const json::value& each : feature.at("fields").as_array()) {
      html += "<tr><td>" + text_of(each.at("field")) + "</td><td>" + text_of(each.at("class")) + "</td><td>";
      if (each.at("sealed").as_bool()) html.append(words.sealed);
      html += "</td></tr>\n";
    }
  }
  html += "</tbody></table></section>\n";
}

}  // namespace

std::vector<std::string_view> modules_telling(std::string_view field) {
  std::vector<std::string_view> modules;
  for (const Telling& telling : kTellings) {
    if (!field.starts_with(telling.prefix)) continue;
    for (const std::string_view module : telling.modules)
      if (!module.empty()) modules.push_back(module);
  }
  return modules;
}

json::object make_notice(std::span<const FeatureSchema> tenant_schemas,
                         std::span<const FeatureSchema> control_schemas) {
  json::array modules;
  for (const Purpose& purpose : kPurposes)
    modules.push_back(json::object{{"module", purpose.module},
                                   {"purpose", json::object{{"en", purpose.en}, {"ja", purpose.ja}}},
                                   {"fields", fields_of(purpose.module)}});
  json::array stored;
  add_stored(stored, tenant_schemas);
  add_stored(stored, control_schemas);
  json::array choices;
  for (const Choice& choice : kChoices)
    choices.push_back(json::object{{"about", choice.about}, {"en", choice.en}, {"ja", choice.ja}});
  return {{"modules", std::move(modules)}, {"choices", std::move(choices)}, {"stored", std::move(stored)}};
}

std::string notice_page(const json::object& notice, std::span<const NoticeVersion> versions, PageLanguage language) {
  const bool is_japanese = language == PageLanguage::Japanese;
  const Words& words = is_japanese ? kJapanese : kEnglish;
  std::string html = "<!doctype html>\n<html lang=\"";
  html.append(is_japanese ? "ja" : "en");
  html.append(
      "\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\"><title>");
  html.append(words.title)
      .append("</title><link rel=\"stylesheet\" href=\"/trust/style.css\"></head><body><header><h1>");
  html.append(words.title).append("</h1><p>").append(words.intro).append("</p><nav><a href=\"/trust\">");
  html.append(words.back).append("</a> <a href=\"/trust/v1/notice.json\">notice.json</a></nav></header><main>\n");
  for (const json::value& module : notice.at("modules").as_array())
    add_module(html, module, words, is_japanese ? "ja" : "en");
  add_choices(html, notice, words, is_japanese ? "ja" : "en");
  add_stored_page(html, notice, words);
  html.append("<section id=\"versions\"><h2>").append(words.versions).append("</h2><ul>\n");
  for (const NoticeVersion& version : versions)
    html += "<li>" + std::to_string(version.number) + ": " + to_rfc3339(version.since).substr(0, 10) + " " +
            version.digest.substr(0, 16) + "</li>\n";
  html += "</ul></section></main></body></html>\n";
  return html;
}

}  // namespace warder::manager
