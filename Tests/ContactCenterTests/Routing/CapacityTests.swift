// How much work an agent takes at a time: the examples of the field, and interruptible work.
import ContactCenter
import Testing

@Suite struct CapacityTests {
  private let shares = CapacityModel(
    .shares([
      .voice: .init(cost: 100, spare: 50), .chat: .init(cost: 25, spare: 25),
      .email: .init(cost: 25, spare: 100),
    ]))

  @Test("Voice 100/50, chat 25/25, e-mail 25/100: an agent in three chats may get a fourth, not an e-mail")
  func shareExample() {
    let three = ChannelLoad([.chat: 3])
    #expect(shares.spare(for: .chat, beside: three) == 25)
    #expect(shares.takes(.chat, beside: three))
    #expect(!shares.takes(.email, beside: three))
    #expect(!shares.takes(.voice, beside: three))
    #expect(!shares.takes(.chat, beside: ChannelLoad([.chat: 4])))
    #expect(shares.takes(.voice, beside: ChannelLoad([.chat: 2])))
    #expect(shares.takes(.email, beside: ChannelLoad()))
    #expect(!shares.takes(.email, beside: ChannelLoad([.chat: 1])))
    #expect(!shares.takes(.chat, beside: ChannelLoad([.voice: 1])))
    #expect(!shares.takes(.sms, beside: ChannelLoad()))
  }

  @Test("Four chats, two e-mails and one call at once")
  func numbersExample() {
    let numbers = CapacityModel(.numbers([.chat: 4, .email: 2, .voice: 1], total: nil))
    let full = ChannelLoad([.chat: 4, .email: 2, .voice: 1])
    for channel in Channel.allCases { #expect(!numbers.takes(channel, beside: full)) }
    #expect(numbers.takes(.voice, beside: ChannelLoad([.chat: 4, .email: 2])))
    #expect(numbers.takes(.email, beside: ChannelLoad([.chat: 4, .email: 1, .voice: 1])))
    let atMostThree = CapacityModel(.numbers([.chat: 4, .email: 2, .voice: 1], total: 3))
    #expect(!atMostThree.takes(.voice, beside: ChannelLoad([.chat: 2, .email: 1])))
  }

  @Test("A call may interrupt an e-mail, a chat may not", arguments: [true, false])
  func interruptible(_ isShares: Bool) {
    let model = CapacityModel(
      isShares
        ? .shares([
          .voice: .init(cost: 100, spare: 100), .chat: .init(cost: 50, spare: 50),
          .email: .init(cost: 100, spare: 100),
        ])
        : .numbers([.voice: 1, .chat: 2, .email: 1], total: 1),
      interruptible: [.email: [.voice]])
    let mail = ChannelLoad([.email: 1])
    #expect(model.takes(.voice, beside: mail))
    #expect(!model.takes(.chat, beside: mail))
    #expect(!model.takes(.voice, beside: ChannelLoad([.email: 1, .voice: 1])))
    #expect(!model.takes(.email, beside: ChannelLoad([.voice: 1])))
  }

  @Test("A model that cannot be is named")
  func problems() {
    #expect(shares.problem == nil)
    #expect(
      CapacityModel(.shares([.chat: .init(cost: 101, spare: 1)])).problem
        == "the cost of chat must be 0 to 100, is 101")
    #expect(
      CapacityModel(.shares([.chat: .init(cost: 10, spare: 0)])).problem
        == "the spare share for chat must be 1 to 100, is 0")
    #expect(
      CapacityModel(.numbers([.chat: -1], total: nil)).problem == "the number of chat must be 0 to 100, is -1"
    )
    #expect(CapacityModel(.numbers([.chat: 1], total: -1)).problem == "the total must be 0 to 1000, is -1")
  }
}
