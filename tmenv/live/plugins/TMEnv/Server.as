// The server: one client, on the loopback interface only.

class Server {
    private Net::Socket@ m_listener;
    private Net::Socket@ m_client;
    private bool m_legacy;
    private bool m_tmrl;
    private uint m_every = 1;
    private uint m_frames = 0;
    private bool m_haveHeader = false;
    private uint m_length;
    private uint8 m_kind;
    private uint m_sequence;

    bool Open(uint16 port, bool tmrl) {
        m_tmrl = tmrl;
        Net::Socket@ listener = Net::Socket();
        if (!listener.Listen("127.0.0.1", port)) return false;
        @m_listener = listener;
        return true;
    }

    bool IsOpen() { return m_listener !is null; }

    bool HasClient() { return m_client !is null; }

    void Close() {
        Drop();
        if (m_listener !is null) m_listener.Close();
        @m_listener = null;
    }

    // Once a frame: clients come and go, and ask for things.
    void Poll() {
        Net::Socket@ newcomer = m_listener.Accept();
        if (newcomer !is null) Greet(newcomer);
        if (m_client is null) return;
        while (m_client !is null && ReadCommand()) {}
        if (m_client !is null && m_client.IsHungUp() && m_client.Available() == 0) Drop();
    }

    void SendState(Car@ car) {
        m_frames++;
        if (m_client is null || m_frames % m_every != 0) return;
        Send(m_legacy ? TmrlPacket(car) : StateFrame(car));
    }

    void SendEvent(EventKind kind, int raceTime, int value) {
        if (!m_legacy) Send(EventFrame(kind, raceTime, value));
    }

    void SendHello() {
        if (!m_legacy) Send(HelloFrame(MapUid(), MapLaps()));
    }

    void Answer(uint sequence, Code code, const string &in message) {
        Send(ReplyFrame(sequence, code, message));
    }

    private void Greet(Net::Socket@ newcomer) {
        if (m_client !is null) {
            if (!m_legacy) Write(newcomer, ReplyFrame(0, Code::Busy, "another client is connected"));
            newcomer.Close();
            return;
        }
        @m_client = newcomer;
        m_legacy = m_tmrl;
        m_every = 1;
        m_haveHeader = false;
        SendHello();
    }

    // Sockets do not wait: read only what has arrived in full. True if a command was read.
    private bool ReadCommand() {
        if (!m_haveHeader) {
            if (m_client.Available() < int(HEADER_BYTES)) return false;
            m_length = m_client.ReadUint32();
            uint8 version = m_client.ReadUint8();
            m_kind = m_client.ReadUint8();
            m_client.ReadUint16();
            m_sequence = m_client.ReadUint32();
            if (version != PROTOCOL_VERSION || m_length < HEADER_BYTES - LENGTH_BYTES || m_length > MOST_BYTES) {
                Answer(0, Code::UnsupportedVersion, "this plugin speaks protocol version 1");
                Drop();
                return false;
            }
            m_haveHeader = true;
        }
        int payload = int(m_length - (HEADER_BYTES - LENGTH_BYTES));
        if (m_client.Available() < payload) return false;
        m_haveHeader = false;
        Obey(payload);
        return true;
    }

    private void Obey(int payload) {
        switch (m_kind) {
            case Kind::Hello: Skip(payload); break;
            case Kind::Restart: Skip(payload); StartRestart(m_sequence); break;
            case Kind::LoadMap: ReadMap(payload); break;
            case Kind::SetRate: SetRate(payload); break;
            case Kind::Ping: AnswerPing(payload); break;
            case Kind::Quit: Skip(payload); Answer(m_sequence, Code::Ok, ""); Drop(); break;
            case Kind::Legacy: SetLegacy(payload); break;
            default: Skip(payload); Answer(m_sequence, Code::UnknownCommand, "unknown command " + m_kind);
        }
    }

    private void ReadMap(int payload) {
        int size = payload < 2 ? -1 : int(m_client.ReadUint16());
        if (size != payload - 2) {
            Refuse(payload < 2 ? payload : payload - 2);
            return;
        }
        StartLoad(m_sequence, m_client.ReadRaw(size));
    }

    private void SetRate(int payload) {
        if (payload != 2) {
            Refuse(payload);
            return;
        }
        m_every = m_client.ReadUint16();
        if (m_every == 0) m_every = 1;
        Answer(m_sequence, Code::Ok, "");
    }

    private void AnswerPing(int payload) {
        if (payload != 8) {
            Refuse(payload);
            return;
        }
        Answer(m_sequence, Code::Ok, "" + m_client.ReadUint64());
    }

    private void SetLegacy(int payload) {
        if (payload != 1) {
            Refuse(payload);
            return;
        }
        bool legacy = m_client.ReadUint8() != 0;
        Answer(m_sequence, Code::Ok, "");
        m_legacy = legacy;
    }

    private void Refuse(int unread) {
        Skip(unread);
        Answer(m_sequence, Code::BadPayload, "the payload has another size");
    }

    private void Skip(int payload) {
        if (payload > 0) m_client.ReadRaw(payload);
    }

    private void Send(MemoryBuffer@ frame) {
        if (m_client !is null && !Write(m_client, frame)) Drop();
    }

    // A write that is not taken whole leaves the stream broken: the client is dropped.
    private bool Write(Net::Socket@ socket, MemoryBuffer@ frame) {
        frame.Seek(0);
        return socket.Write(frame, frame.GetSize());
    }

    private void Drop() {
        if (m_client !is null) m_client.Close();
        @m_client = null;
    }
}
