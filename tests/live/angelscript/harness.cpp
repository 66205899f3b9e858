#include "harness.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

uint64_t now_ms() {
    using namespace std::chrono;
    return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

void fail(const std::string& why) {
    std::fprintf(stderr, "%s\n", why.c_str());
    std::exit(1);
}

static void on_message(const asSMessageInfo* message, void*) {
    const char* kind = message->type == asMSGTYPE_ERROR ? "error" : message->type == asMSGTYPE_WARNING ? "warning" : "note";
    std::fprintf(stderr, "%s(%d,%d): %s: %s\n", message->section, message->row, message->col, kind, message->message);
}

static void call_method(Generic* generic) { (*static_cast<Call*>(generic->GetAuxiliary()))(generic); }

static std::string trimmed(const std::string& text) {
    auto first = text.find_first_not_of(" \t\r"), last = text.find_last_not_of(" \t\r");
    return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

Host::Host(const std::string& api_file) {
    engine = asCreateScriptEngine();
    engine->SetMessageCallback(asFUNCTION(on_message), nullptr, asCALL_CDECL);
    engine->SetEngineProperty(asEP_PROPERTY_ACCESSOR_MODE, 2);
    RegisterStdString(engine);
    RegisterScriptArray(engine, true);
    check(engine->RegisterObjectType("vec3", sizeof(Vec3), asOBJ_VALUE | asOBJ_POD | asOBJ_APP_CLASS | asOBJ_APP_CLASS_ALLFLOATS), "vec3");
    for (int i = 0; i < 3; i++) engine->RegisterObjectProperty("vec3", (std::string("float ") + "xyz"[i]).c_str(), 4 * i);
    read(api_file);
    native_method("string", "uint get_Length() const property", asMETHODPR(std::string, size, () const, size_t), asCALL_THISCALL);
}

void Host::read(const std::string& file) {
    std::ifstream in(file);
    if (!in) fail("cannot read " + file);
    std::string line, owner;
    bool native_owner = false;
    while (std::getline(in, line)) {
        bool indented = !line.empty() && line[0] == ' ';
        std::string text = trimmed(line);
        if (text.empty() || text[0] == '#') continue;
        if (indented) {
            if (native_owner) natives_.insert(owner + "::" + text);
            else classes_[owner].members.push_back({text, text.back() == ')'});
            continue;
        }
        std::istringstream words(text);
        std::string word, colon;
        words >> word;
        native_owner = word == "native" && text.rfind("native class ", 0) == 0;
        if (native_owner) owner = trimmed(text.substr(13));
        else if (word == "native") natives_.insert(trimmed(text.substr(7)));
        else if (word == "class") {
            words >> owner >> colon >> classes_[owner].base;
            order_.push_back(owner);
        } else if (word == "enum") {
            std::string name, value;
            words >> name;
            enums_[name];
            while (words >> value) enums_[name].push_back(value);
        } else fail("cannot read the line: " + text);
    }
}

void Host::check(int code, const std::string& what) {
    if (code < 0) fail("AngelScript refused to register " + what + " (code " + std::to_string(code) + ")");
}

void Host::require(const std::string& declaration) {
    if (!natives_.count(declaration)) fail("not in the list of signatures: " + declaration);
}

// "Space::name(...)" after the return type: the namespace, and the declaration without it.
static std::pair<std::string, std::string> split_namespace(const std::string& declaration) {
    size_t end = declaration.find('('), at = declaration.rfind(' ', end) + 1, colon = declaration.rfind("::", end);
    if (colon == std::string::npos || colon < at) return {"", declaration};
    return {declaration.substr(at, colon - at), declaration.substr(0, at) + declaration.substr(colon + 2)};
}

void Host::native(const std::string& declaration, Call call) {
    require(declaration);
    auto [space, plain] = split_namespace(declaration);
    engine->SetDefaultNamespace(space.c_str());
    check(engine->RegisterGlobalFunction(plain.c_str(), asFUNCTION(call_method), asCALL_GENERIC, new Call(call)), declaration);
    engine->SetDefaultNamespace("");
}

void Host::native_method(const std::string& type, const std::string& declaration, asSFuncPtr function, asDWORD convention) {
    require(type + "::" + declaration);
    check(engine->RegisterObjectMethod(type.c_str(), declaration.c_str(), function, convention), declaration);
}

void Host::native_factory(const std::string& type, const std::string& declaration, asSFuncPtr function) {
    require(type + "::" + declaration);
    check(engine->RegisterObjectBehaviour(type.c_str(), asBEHAVE_FACTORY, declaration.c_str(), function, asCALL_CDECL), declaration);
}

void Host::native_field(const std::string& type, const std::string& declaration, int offset) {
    require(type + "::" + declaration);
    check(engine->RegisterObjectProperty(type.c_str(), declaration.c_str(), offset), declaration);
}

static void* buffer_item(FastBuffer* buffer, asUINT index) {
    if (index < buffer->items.size()) return &buffer->items[index];
    asGetActiveContext()->SetException("index out of range");
    return nullptr;
}
static asUINT buffer_length(FastBuffer* buffer) { return asUINT(buffer->items.size()); }
static bool any_item(asITypeInfo*, bool& no_garbage) { return no_garbage = true; }

void Host::declare_enums() {
    for (auto& [name, values] : enums_) {
        auto colon = name.rfind("::");
        std::string plain = colon == std::string::npos ? name : name.substr(colon + 2);
        engine->SetDefaultNamespace(colon == std::string::npos ? "" : name.substr(0, colon).c_str());
        check(engine->RegisterEnum(plain.c_str()), name);
        for (size_t i = 0; i < values.size(); i++) engine->RegisterEnumValue(plain.c_str(), values[i].c_str(), int(i));
        engine->SetDefaultNamespace("");
    }
}

void Host::declare_classes() {
    for (auto& name : order_) check(engine->RegisterObjectType(name.c_str(), 0, asOBJ_REF | asOBJ_NOCOUNT), name);
    check(engine->RegisterObjectType("MwFastBuffer<class T>", 0, asOBJ_REF | asOBJ_NOCOUNT | asOBJ_TEMPLATE), "MwFastBuffer");
    check(engine->RegisterObjectBehaviour("MwFastBuffer<T>", asBEHAVE_TEMPLATE_CALLBACK, "bool f(int&in, bool&out)", asFUNCTION(any_item), asCALL_CDECL), "MwFastBuffer callback");
    check(engine->RegisterObjectMethod("MwFastBuffer<T>", "T& opIndex(uint)", asFUNCTION(buffer_item), asCALL_CDECL_OBJFIRST), "opIndex");
    check(engine->RegisterObjectMethod("MwFastBuffer<T>", "uint get_Length() const property", asFUNCTION(buffer_length), asCALL_CDECL_OBJFIRST), "Length");
}

int Host::size_of(const std::string& type) {
    if (type.back() == '@') return 8;
    if (type.rfind("MwFastBuffer", 0) == 0) return sizeof(FastBuffer);
    if (type == "string" || type == "wstring") return sizeof(std::string);
    if (type == "vec3") return sizeof(Vec3);
    return type == "bool" || type == "uint8" ? 1 : type == "uint64" || type == "double" ? 8 : 4;
}

void Host::lay_out(const std::string& name) {
    ClassInfo& info = classes_[name];
    if (!info.base.empty()) {
        info.fields = classes_[info.base].fields;
        info.size = classes_[info.base].size;
    }
    for (auto& member : info.members) {
        if (member.method) continue;
        auto space = member.declaration.rfind(' ');
        info.fields[member.declaration.substr(space + 1)] = {member.declaration.substr(0, space), info.size};
        info.size += (size_of(member.declaration.substr(0, space)) + 7) / 8 * 8;
    }
}

void Host::register_members(const std::string& owner, const std::string& name) {
    for (auto& member : classes_[name].members) {
        const char* declaration = member.declaration.c_str();
        if (!member.method) {
            auto field_name = member.declaration.substr(member.declaration.rfind(' ') + 1);
            check(engine->RegisterObjectProperty(owner.c_str(), declaration, classes_[name].fields[field_name].second), member.declaration);
            continue;
        }
        auto found = methods.find(name + "::" + member.declaration);
        Call unknown = [](Generic*) { asGetActiveContext()->SetException("this method is not simulated"); };
        auto* call = new Call(found == methods.end() ? unknown : found->second);
        check(engine->RegisterObjectMethod(owner.c_str(), declaration, asFUNCTION(call_method), asCALL_GENERIC, call), member.declaration);
    }
    if (!classes_[name].base.empty()) register_members(owner, classes_[name].base);
}

bool Host::is_a(std::string type, const std::string& base) {
    while (!type.empty() && type != base) type = classes_[type].base;
    return !type.empty();
}

void Host::classes() {
    for (auto& name : order_) lay_out(name);
    for (auto& name : order_) register_members(name, name);
    for (auto& derived : order_) {
        for (std::string base = classes_[derived].base; !base.empty(); base = classes_[base].base) {
            auto* down = new Call([this, derived](Generic* generic) {
                void* object = generic->GetObject();
                generic->SetReturnAddress(is_a(types_[object], derived) ? object : nullptr);
            });
            auto* up = new Call([](Generic* generic) { generic->SetReturnAddress(generic->GetObject()); });
            check(engine->RegisterObjectMethod(base.c_str(), (derived + "@ opCast()").c_str(), asFUNCTION(call_method), asCALL_GENERIC, down), "cast");
            check(engine->RegisterObjectMethod(derived.c_str(), (base + "@ opImplCast()").c_str(), asFUNCTION(call_method), asCALL_GENERIC, up), "cast");
        }
    }
}

void* Host::make(const std::string& type) {
    void* object = std::calloc(1, classes_.at(type).size);
    types_[object] = type;
    for (auto& [name, info] : classes_[type].fields) {
        char* place = static_cast<char*>(object) + info.second;
        if (info.first == "string") new (place) std::string();
        if (info.first.rfind("MwFastBuffer", 0) == 0) new (place) FastBuffer();
    }
    return object;
}

void* Host::field(void* object, const std::string& name) {
    auto& fields = classes_.at(types_.at(object)).fields;
    if (!fields.count(name)) fail("no field " + name + " in " + types_[object]);
    return static_cast<char*>(object) + fields[name].second;
}

void Host::load(const std::vector<std::string>& files) {
    CScriptBuilder builder;
    check(builder.StartNewModule(engine, "plugin"), "the module");
    for (auto& file : files)
        if (builder.AddSectionFromFile(file.c_str()) < 0) fail("cannot read " + file);
    if (builder.BuildModule() < 0) fail("the plugin does not compile");
    module = builder.GetModule();
}

void Host::start(const std::string& declaration) {
    if (auto* function = module->GetFunctionByDecl(declaration.c_str())) start(function);
}

void Host::start(asIScriptFunction* function) {
    auto* context = engine->CreateContext();
    context->Prepare(function);
    coroutines_.push_back({context, 0});
}

static void explain(asIScriptContext* context) {
    auto* function = context->GetExceptionFunction();
    fail(std::string("exception in ") + function->GetDeclaration() + " line " + std::to_string(context->GetExceptionLineNumber()) + ": " + context->GetExceptionString());
}

void Host::run_coroutines() {
    for (size_t i = 0; i < coroutines_.size();) {
        if (coroutines_[i].wake_ms > now_ms()) { i++; continue; }
        coroutines_[i].wake_ms = 0;
        auto* context = coroutines_[i].context;
        int result = context->Execute();
        if (result == asEXECUTION_EXCEPTION) explain(context);
        if (result == asEXECUTION_SUSPENDED) { i++; continue; }
        context->Release();
        coroutines_.erase(coroutines_.begin() + long(i));
    }
}

void Host::sleep_current(uint64_t milliseconds) {
    for (auto& coroutine : coroutines_)
        if (coroutine.context == asGetActiveContext()) coroutine.wake_ms = now_ms() + milliseconds;
    asGetActiveContext()->Suspend();
}

bool Host::call(const std::string& declaration, const std::function<void(asIScriptContext*)>& arguments) {
    auto* function = module->GetFunctionByDecl(declaration.c_str());
    if (!function) return false;
    auto* context = engine->RequestContext();
    context->Prepare(function);
    if (arguments) arguments(context);
    if (context->Execute() == asEXECUTION_EXCEPTION) explain(context);
    engine->ReturnContext(context);
    return true;
}
