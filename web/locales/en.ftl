# Short, warm, exact. Sentence case. Say what happened, what it means, what to do.

app-name = Volly
app-lead = Talk to someone. No account, no number, nobody in between.

## First minute
name-label = Your name
name-hint = The people you talk to see it. Any name will do.
start = Start
starting = Starting…
have-invite = I have an invite
restore = Restore
invited-by = { $name } invites you to talk.
invited-by-someone = Someone invites you to talk.
invite-looking = Reading the invite…
start-talking = Start talking
not-now = Not now
go-on = Go on without it

## Restore
restore-title = Restore from your 24 words
restore-lead = The words bring back who you are. Chats stay on the device that had them.
phrase-label = Your 24 words
phrase-count = { $count } of 24 words

restore-by-words = I have my 24 words
restore-by-file = I have a backup
restore-file-title = Restore from a backup
restore-file-lead = Your chats come back as they were when you saved it. If another browser still has them, the people you talk to go on with you here.
restore-file-label = The file, it ends in .volly
restore-opened-by = Its passphrase, or your 24 words
restore-opened-by-hint = What you chose when you saved it.
restore-working = Restoring
restore-no-file = Choose the file first.

## List
chats = Chats
new-chat = New chat
search = Search
search-empty = Nothing here for “{ $query }”.
found-messages = Messages
searching = Searching…
list-empty = No chats yet.
invite-sent = Invite sent
invite-open = Waiting for someone to open it
invite-publishing = Goes out when you’re connected
invite-expired = Nobody came in time
draft-prefix = Draft:
own-prefix = You:
unread = { $count ->
    [one] { $count } unread message
   *[other] { $count } unread messages
}
row-empty = Say hello.
row-connecting = Waiting for them to come online
row-gone = Deleted this chat
row-moved = Goes on in another browser
settings = Settings
title-unread = ({ $count }) { $title }
save-words-title = Save your 24 words
save-words-text = They bring you back if this browser forgets you.
save-words-do = Show them
later = Later

## Invites
invite-title = Invite someone
invite-lead = Let them scan this, or send them the link. It works once.
invite-make = Make an invite
invite-make-lead = You get a link and a code that work for one person, for seven days.
invite-link-label = Invite link
invite-qr-label = The invite link as a QR code
invite-until = Works until { $date }
invite-cancel = Cancel invite
invite-gone = This invite is no longer open.
copy = Copy
copied = Copied
share = Share
share-text = Talk to me on Volly
paste-title = I have an invite
paste-label = Invite link
paste-hint = Paste the link you were given.
paste-do = Open

## Chat
messages-with = Messages with { $name }
message-label = Message
message-to = Message to { $name }
send = Send
attach = Send files
invite-card = Invite to a chat
file-photo = Photo
file-video = Video
file-sound = Sound
file-voice = Voice message
file-waits = { $size }, comes when you’re both here
file-not-fetched = { $size }, not fetched yet
file-given = { $given } of { $size } fetched
file-coming = { $have } of { $size }
file-paused = { $have } of { $size }, paused
file-no-room = { $size }, no room on this device
file-damaged = Damaged on the way
file-missing = No longer there
file-save = Save
file-save-named = Save { $name }
file-load = Get { $name }
file-pause = Pause { $name }
file-resume = Go on with { $name }
file-again = Get { $name } again
file-stop = Cancel
file-progress = How far { $name } is
file-cancel = Don’t send { $name }
file-refused = { $name } wasn’t sent. { $why }
picture-open = Open { $name }
video-play = Play { $name }
file-length = { $length }, { $size }
voice = Speak a message
voice-on = Recording, { $time }
voice-send = Send the voice message
voice-cancel = Don’t send the voice message
voice-refused = This browser gives Volly no microphone. Allow it for this page, then try again.
size-bytes = { $count ->
    [one] 1 byte
   *[other] { $count } bytes
}
size-kb = { $count } KB
size-mb = { $count } MB
size-gb = { $count } GB
export-file = File: { $name }
back = Back
about = About { $name }
direct = Direct
relayed = Through the relay
typing = typing…
verified = Verified
chat-empty = Say hello to { $name }.
chat-empty-note = Only the two of you can read this chat.
chat-connecting = { $name } hasn’t come online yet. You can write already; it waits for them.
chat-gone = { $name } deleted this chat. You can still read it, but not write.
chat-moved = You went on with { $name } in another browser, where you restored a backup. Here you can read this chat, but not write.
chat-missing = This chat isn’t here anymore.
chat-choose = Pick a chat, or start a new one.
new-messages = New
new-below = { $count ->
    [one] { $count } new
   *[other] { $count } new
}
to-newest = To the newest message
today = Today
yesterday = Yesterday
from-you = You
log-keys = The arrow keys go from message to message.
message-more = What to do with “{ $text }”
message-title = Message
message-deleted = Message deleted
message-newer = This needs a newer Volly. Reload to get it.
edited = edited
quote-gone = This message isn’t here.
quote-go = Show what it answers
reply = Reply
reply-to = Reply to { $name }
reply-to-you = Reply to yourself
reply-cancel = Don’t reply
copy-text = Copy text
edit = Edit
edit-title = Edit message
edit-cancel = Don’t edit
edit-save = Save
reaction-both = You and { $name }
react-with = React with { $emoji }
react-back = Take back { $emoji }
react-other = Another emoji
react-label = Any emoji
react-do = React
message-delete = Delete…
message-delete-title = Delete this message?
message-delete-text = It goes from this device; { $name } keeps it.
message-delete-both-text = It goes from this device, or from both. { $name } may have read it already.
message-delete-here = Delete for me
message-delete-both = Delete for both
state-failed = Not sent
send-again = Send again
state-queued = Waiting to be sent
state-sent = Sending
state-deposited = Sent
state-delivered = Delivered
state-read = Read

## Arranging
chat-more = What to do with the chat with { $name }
chat-title = Chat
pin = Pin
unpin = Unpin
mute = Mute
unmute = Unmute
archive = Archive
unarchive = Back to the list
mark-unread = Mark as unread
pinned = Pinned
muted = Muted
marked-unread = Marked as unread
archived = { $count ->
    [one] { $count } archived chat
   *[other] { $count } archived chats
}
this-chat = This chat
timer-label = Disappearing messages
timer-text = New messages of both of you go by themselves: yours so long after you sent them, { $name }’s after you read them. Either of you can change it.
timer-set = { $name } chose: messages disappear after { $after }.
timer-set-you = You chose: messages disappear after { $after }.
timer-off = { $name } chose: messages stay.
timer-off-you = You chose: messages stay.
timer-short = Messages disappear after { $after }
lifetime = { $seconds ->
    [0] never
    [60] 1 minute
    [300] 5 minutes
    [3600] 1 hour
    [28800] 8 hours
    [86400] 1 day
    [604800] 1 week
    [2419200] 4 weeks
   *[other] { $seconds } seconds
}
disappears = disappears
pinned-text = It stands above the others.
muted-text = New messages don’t call for you.
archived-label = Archived
archived-text = It’s put away until something new comes; if it’s muted, until you write.
no-read-receipts = { $name } doesn’t say what was read.

## Connection
offline = Offline
connecting = Connecting
online = Online
connection-title = Connection
connection-chip = Connection: { $state }
connection-offline = You’re offline. Messages will go out when you’re back.
connection-connecting = Looking for a way out. Messages wait until there is one.
connection-online = Connected. Messages go out right away, and wait at the relay for people who are away.
connection-here = { $count ->
    [0] Nobody is here at the moment.
    [one] { $count } person is here. Device to device: { $direct }.
   *[other] { $count } people are here. Device to device: { $direct }.
}
details = Details
details-version = Volly { $version }
details-relay = Relay { $relay }: { $state }
details-relay-only = Everything goes through the relay
details-any-way = Device to device where possible
details-here = Contacts: { $all }, here: { $count }
milliseconds = { $ms } ms
reconnect = Reconnect now
close = Close

## Contact
reach-direct = Here now, device to device.
reach-relayed = Here now, through the relay { $relay }.
reach-relayed-any = Here now, through a relay.
reach-none = Not here now. Messages wait at the relay.
reach-time = There and back in { $ms } ms.
contact-name = Name
contact-name-hint = Only you see the name you give. Leave it empty to use theirs.
save = Save
saved = Saved
safety = Safety number
safety-compare = Compare safety number
safety-verified = You compared safety numbers.
safety-seen = You know { $name } by the invite. Compare safety numbers to be sure.
safety-lead = Compare this with { $name }, face to face or on a call. If both of you see the same number, nobody is in between.
safety-mark = Mark as verified
safety-clear = Clear verification
export-title = Export this chat
export-lead = As a file that anyone who has it can read. Keep it where only you can get at it.
export-html = As a web page
export-json = As JSON
export-heading = Chat with { $name }
contact-since = In your chats since { $date }
delete = Delete chat
delete-title = Delete the chat with { $name }?
delete-text = All messages and keys go from this device, and { $name } is told that you left. This can’t be undone.
delete-do = Delete
cancel = Cancel

## Settings
you = You
your-name = Other people see you as { $name }.
words-title = Your 24 words
words-lead = Whoever has these words is you. Write them on paper, in order, and show nobody.
words-why = They bring you back on another device, or when this browser forgets you. Chats aren’t in them.
words-show = Show the words
words-done = I wrote them down
backup-title = Save a backup
backup-lead = One locked file with who you are, the people you talk to and all your chats. Keep it somewhere else than here.
backup-left-out = Open invites aren’t in it. While it’s being saved, new messages wait.
backup-own = Open it with a passphrase
backup-own-text = Without one, your 24 words open it.
backup-show-words = Show my 24 words
backup-do = Save a backup
backup-saving = Saving
backup-saved = Saved to your downloads as “{ $name }”.
lock-title = App lock
lock-on-passkey = Volly asks for your passkey before it opens.
passkey-title = Lock with a passkey
passkey-lead = This device’s own lock, or a security key, opens Volly. Nothing to remember, and nothing to guess.
passkey-make = Use a passkey
passkey-refused = The passkey gave no key for this. Try again, or use a passphrase.
unlock-passkey-refused = The passkey didn’t open it. Try again.
unlock-passkey-lead = It opens with your passkey.
lock-on = Volly asks for your passphrase before it opens here.
lock-now = Lock now
lock-keys = Or press Ctrl + Shift + L.
lock-after = Lock by itself
lock-never = Never
lock-minutes = { $count ->
    [one] After { $count } minute without a touch
    [60] After an hour without a touch
   *[other] After { $count } minutes without a touch
}
lock-set-title = Ask for a passphrase
lock-change-title = Change the passphrase
lock-lead = While Volly is locked nothing arrives, and the chats in this browser open for nobody. If you forget it, only a backup brings them back.
lock-current = Your passphrase now
lock-new = New passphrase
lock-again = The same again
lock-differs = Type the new passphrase twice, the same both times.
lock-set = Turn on
lock-change = Change
lock-remove = Turn off
lock-done = Done. Volly asks for it from now on.
lock-removed = Turned off. Volly opens without a passphrase.
unlock-title = Volly is locked
unlock-lead = Nothing arrives while it’s locked. Your messages wait at the relay.
unlock-do = Unlock
unlock-busy = Unlocking…
unlock-forgot = I forgot it
wipe-title = Erase everything here
wipe-lead = At once, and for good. The people you talk to aren’t told.
wipe-open = Erase…
wipe-ask = Erase everything in this browser?
wipe-text = Your chats, your keys and your name go from this browser at once. Only a backup or your 24 words bring you back.
wipe-do = Erase everything
passphrase-label = Passphrase
passphrase-hint = A few words that only you know. Nobody can look it up for you.
privacy = Privacy
relay-only = Through the relay only
relay-only-text = The people you talk to don’t learn your IP address. Messages take a little longer.
answers-read = Say what I have read
answers-read-text = Others see when you have read a message. Off, you still see when they have.
shows-typing = Show who is typing
shows-typing-text = Others see when you type, and you see when they do, while both of you are here.
about-title = About Volly
about-text = Volly runs in this browser alone. What you write is locked here, opens only at the other end, and stays safe from tomorrow’s quantum computers.

## What can go wrong
storage-failing = This browser isn’t saving right now. Keep this page open, and free some space.
storage-nearly-full = This browser is running out of space for Volly. Free some, or save a backup, before it can’t save messages anymore.
error-not-started = Choose a name first.
error-already-started = You have started already, maybe in another tab.
error-empty = There is nothing here yet.
error-no-room = There’s no room for it on this device.
error-file-too-large = Files of up to 17 GB can be sent.
error-file-changed = It changed while it was read. Try again.
error-too-long = That’s too long. { $max } bytes fit.
error-not-found = That isn’t here anymore.
error-gone = They deleted this chat.
error-not-an-invite = That isn’t a Volly invite. Check that the whole link is there.
error-own-invite = That’s your own invite. Send it to someone else.
error-known-contact = You’re in touch already.
error-invite-used = This invite was already used. Ask for a new one.
error-invite-used-by = This invite was already used. Ask { $name } for a new one.
error-invite-withdrawn = This invite was withdrawn. Ask for a new one.
error-invite-expired = This invite is too old. Ask for a new one.
error-invite-unknown = The relay doesn’t know this invite. Ask for a new one.
error-invite-mismatch = This invite doesn’t match its link, so we stopped. Ask for a new one, on another way.
error-offline = You’re offline. Try again when you’re back.
error-not-an-emoji = That isn’t one emoji.
error-not-a-phrase = These aren’t 24 words of Volly. Check the spelling and the order.
error-limit = That’s as many as there can be: { $max }.
error-not-stored = This browser couldn’t save it. Free some space and try again.
error-engine-moved = Volly moved to another tab. Try again.
error-moved = You go on with them in another browser.
backup-error-other-file = That isn’t a Volly backup. Choose the file that ends in .volly.
backup-error-newer = A newer Volly saved this backup. Reload to get it, then try again.
backup-error-damaged = This backup is damaged, or part of it is missing. Nothing was changed. Try another copy of it.
backup-error-unreadable = The browser can’t read this file anymore. Choose it again.
key-error-rejected = That doesn’t open it. Check capitals and spaces. If you’re sure, the file is damaged.
key-error-empty = Type the passphrase first.
key-error-too-long = That’s longer than a passphrase can be.
key-error-unassigned = There’s a character in it that not every device knows. Choose another passphrase.
key-error-memory = There isn’t enough memory free to open it. Close other tabs and try again.
error-other = That didn’t work. Try again.
try-again = Try again

## Start-up
failure-title = Volly can’t start
failure-vanished-title = This browser forgot you
failure-vanished = Volly was here before, but its data is gone: the browser has cleared it. Your 24 words bring you back; the chats are lost on this device.
failure-vanished-do = Start again here
failure-older-title = This browser went back in time
failure-older = Volly found an older copy of your chats than it had saved. What came since isn’t here. If you go on, you keep what’s in this copy, and the people you talk to are asked for fresh keys.
failure-older-do = Go on with this copy
failure-newer = Your chats were saved by a newer Volly. Reload to get it; nothing is lost.
failure-unreadable = The saved data can’t be opened. Nothing was deleted. Reload, or restart the browser.
failure-storage = This browser won’t let Volly save anything. Leave private browsing, or allow storage for this page, then reload.
failure-locks = Volly needs a secure page. Open it with https, in a current browser.
failure-version = Another tab runs an older Volly. Close the other tabs, then reload.
failure-other = Something is wrong that Volly doesn’t know yet. Nothing was deleted. Reload, or restart the browser.
reload = Reload
