#include "manager/incidents/incident_notice.h"

namespace warder::manager {
namespace {

struct Words {
  std::string_view type;
  std::string_view en;
  std::string_view ja;
};

Words words_of(IncidentNews news) {
  switch (news) {
    case IncidentNews::Declared:
      return {"incident.declared", "An incident was declared.", "インシデントが宣言されました。"};
    case IncidentNews::Assigned:
      return {"incident.assigned", "You are on call: this incident is yours. Take it, or give it to somebody.",
              "あなたが当番です。このインシデントを担当するか、他の人に割り当ててください。"};
    case IncidentNews::Escalated:
      return {"incident.escalated", "Nobody has acknowledged this incident; now it is yours.",
              "このインシデントは誰も確認していません。あなたが担当です。"};
  }
  return {};
}

}  // namespace

Notice incident_notice(const Incident& incident, IncidentNews news) {
  const std::string number = std::to_string(incident.number);
  const std::string severity(name(incident.severity));
  const Words words = words_of(news);
  const std::string end = "\n\n" + incident.description;
  Notice notice;
  notice.type = words.type;
  notice.about = "incident:" + incident.id.text();
  notice.severity = incident.severity;
  notice.texts["en"] = {"Incident " + number + " (" + severity + "): " + incident.title, std::string(words.en) + end};
  notice.texts["ja"] = {"インシデント " + number + " (" + severity + "): " + incident.title,
                        std::string(words.ja) + end};
  notice.path = "/incidents/" + incident.id.text();
  return notice;
}

}  // namespace warder::manager
